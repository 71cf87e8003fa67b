using DistZO.Devices;
using DistZO.Devices.Cpu;

namespace DistZO.Runs.Tests.Tracing;

public sealed class StreamTraceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TraceFile_OfADevicesStreams_HoldsWhatTheyMoved()
    {
        const int Bytes = 3 * BlockLayout.Alignment;
        using (var file = new TraceFile(_folder["trace.json"]))
        using (var device = CpuDevice.Open(threads: 1))
        using (var memory = device.Allocate(Bytes))
        using (var first = Block("model.layers.0"))
        using (var second = Block("model.layers.1"))
        using (var upload = device.CreateStream(new StreamOptions("upload", Trace: file)))
        using (var back = device.CreateStream(new StreamOptions("write-back", Trace: file)))
        {
            upload.Upload(first, 0, memory, 0, Bytes);
            back.Wait(upload.Record());
            back.Download(memory, 0, first, 0, BlockLayout.Alignment);
            upload.Wait(back.Record());
            upload.Upload(second, 0, memory, 0, Bytes);
            upload.Record().Synchronize();
        }

        var trace = TraceReader.Read(_folder["trace.json"]);
        Assert.Equal(
            [("upload", "model.layers.0", Bytes), ("write-back", "model.layers.0", BlockLayout.Alignment), ("upload", "model.layers.1", Bytes)],
            trace.Spans.Select(span => (span.Track, span.Name, (int)span.Bytes)));
        // One waits for the other, so what the clock says of the first is before what it says of the next.
        Assert.All(trace.Spans.Zip(trace.Spans.Skip(1)), pair => Assert.True(pair.First.End <= pair.Second.Begin));

        static HostBlock Block(string name) =>
            new(new BlockLayout(name, [new Parameter("w", [Bytes / 4], TensorRole.Matrix, 0, trainable: true, WeightType.Float32)]));
    }
}
