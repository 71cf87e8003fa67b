using DistZO.Devices;

namespace DistZO.Models.Tests.Streaming;

/// <summary>The K that measuring chooses, on a machine whose times are known: a step is hardly longer than with the best K.</summary>
public sealed class MeasuredWriteBackTests
{
    private const int Layers = 24;
    private const long Bytes = 64 << 20;

    public static TheoryData<double, double, double, double, bool, bool> Machines()
    {
        var data = new TheoryData<double, double, double, double, bool, bool>();
        foreach (var fold in new[] { 0.02, 0.1, 0.5 })
        {
            foreach (var upload in new[] { 0.3, 1.0, 3.0 })
            {
                foreach (var writeBack in new[] { 0.3, 1.0, 4.0, 12.0 }) data.Add(1, fold, upload, writeBack, false, false);
                data.Add(1, fold, upload, upload, true, false);
                data.Add(1, fold, upload, 4 * upload, true, true);
            }
        }

        return data;
    }

    /// <param name="computing">Seconds of a step's kernels without folding.</param>
    /// <param name="fold">Seconds to fold one commit.</param>
    /// <param name="upload">Seconds to upload all layers.</param>
    /// <param name="writeBack">Seconds to write all of them.</param>
    /// <param name="isShared">Whether the two share a disk.</param>
    /// <param name="foldsApart">Whether cores fold that do not compute.</param>
    [Theory]
    [MemberData(nameof(Machines))]
    public void Steps_AreHardlyLongerThanWithTheBestK(double computing, double fold, double upload, double writeBack, bool isShared, bool foldsApart)
    {
        var blocks = Enumerable.Range(0, Layers).Select(Block).ToList();
        var time = new Clock();
        var meter = new TransferMeter(next: null);
        var policy = new MeasuredWriteBack(meter, "upload", "write-back", isShared, fold, time) { FoldsApart = foldsApart };
        var updates = new UpdateHistory();
        for (var step = 0; step < 40; step++)
        {
            policy.Begin(blocks, updates, step);
            var k = policy.Steps;
            Note("upload", upload, Layers * Bytes);
            Note("write-back", writeBack / k, Layers * Bytes / k);
            // Where others fold, the kernels wait for that too.
            var stalled = Step(k) - (foldsApart ? computing : Computing(k));
            policy.Stalled(() => stalled);
            time.Seconds += Step(k);
            updates.Append(new WeightUpdate(1f, [new UpdateDirection(1, 1f)]));
        }

        Assert.True(policy.IsChosen);
        Assert.InRange(Step(policy.Steps), 0, 1.05 * Enumerable.Range(1, 16).Min(Step));
        foreach (var parameter in blocks.SelectMany(block => block.Layout.Entries)) parameter.Parameter.Dispose();

        double Computing(int k) => foldsApart ? Math.Max(computing, fold * (k + 1) / 2) : computing + (fold * (k + 1) / 2);

        double Step(int k) => Math.Max(Computing(k), isShared ? upload + (writeBack / k) : Math.Max(upload, writeBack / k));

        void Note(string track, double seconds, long bytes)
        {
            // One after the other on a shared disk, side by side otherwise; the meter counts both.
            var began = isShared && track == "write-back" ? time.Seconds + upload : time.Seconds;
            meter.Add(new TraceSpan(track, "all", (long)(began * 1e9), (long)((began + seconds) * 1e9), bytes));
        }
    }

    private static StreamedBlock Block(int i)
    {
        var parameter = new Parameter($"w{i}", [Bytes / sizeof(float)], TensorRole.Matrix, i, trainable: true, WeightType.Float32);
        var layout = new BlockLayout($"layers.{i}", [parameter]);
        return new StreamedBlock(layout, new HostBlock(new BlockLayout("small", [])));
    }

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1_000_000_000;

        public override long GetTimestamp() => (long)(Seconds * 1e9);
    }
}
