using DistZO.Devices;
using DistZO.Devices.Cpu;
using static DistZO.Models.Tests.Streaming.TinySteps;

namespace DistZO.Models.Tests.Streaming;

/// <summary>A model whose layers come and go gives the bits of one that stays: losses at every step, and the weights.</summary>
public sealed class StreamedModelTests : IDisposable
{
    private const int Steps = 9;
    private readonly TemporaryFolder _folder = new();
    private readonly AccessLog _log = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int, int, int> Schedules()
    {
        var data = new TheoryData<string, int, int, int>();
        foreach (var buffers in new[] { 1, 2, 3, 5 })
        {
            foreach (var writeBack in new[] { 1, 2, 3, 32 }) data.Add("opt", buffers, writeBack, buffers + writeBack);
        }

        foreach (var family in new[] { "mistral", "qwen3", "gpt2", "roberta" }) data.Add(family, 2, 3, 1);
        return data;
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Run_WithStreamedLayers_GivesTheBitsOfAResidentModel(string family, int buffers, int writeBack, int seed)
    {
        var model = Write(_folder, family);
        var expected = Run(model, new ReferenceDevice(), null, WeightType.BFloat16);
        using var device = new CheckedDevice(new ReferenceDevice(), seed, _log);
        var streamed = Run(model, device, Offload(buffers, writeBack), WeightType.BFloat16);
        Assert.Equal(expected, streamed);
        Assert.True(_log.Checked > 100);
        Assert.Empty(_log.Races);
    }

    [Theory]
    [InlineData(WeightType.Float32, 1)]
    [InlineData(WeightType.Float32, 3)]
    [InlineData(WeightType.Float16, 2)]
    public void Run_OnTheCpu_GivesTheBitsOfAResidentModel(WeightType type, int buffers)
    {
        var model = Write(_folder);
        using var resident = CpuDevice.Open(2);
        using var device = CpuDevice.Open(2);
        Assert.Equal(Run(model, resident, null, type), Run(model, device, Offload(buffers, 2), type));
    }

    [Fact]
    public void Run_WithMeasuredWriteBack_GivesTheBitsOfAResidentModel()
    {
        var model = Write(_folder);
        using var device = CpuDevice.Open(1);
        Assert.Equal(Run(model, new ReferenceDevice(), null, WeightType.Float32), Run(model, device, Offload(2, null), WeightType.Float32));
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("prefix")]
    [InlineData("prompt")]
    [InlineData("layers")]
    [InlineData("bitfit")]
    public void Run_OfAPart_GivesTheBitsOfAResidentModel(string part)
    {
        var model = Write(_folder);
        var expected = Run(model, new ReferenceDevice(), null, WeightType.Float32, part);
        using var device = new CheckedDevice(new ReferenceDevice(), 4, _log);
        Assert.Equal(expected, Run(model, device, Offload(2, 3), WeightType.Float32, part));
        Assert.Empty(_log.Races);
    }

    [Fact]
    public void Run_ThatIsGivenUpInMidPass_GoesOnWithTheSameBits()
    {
        var model = Write(_folder);
        var expected = Run(model, new ReferenceDevice(), null, WeightType.Float32);
        using var device = new CheckedDevice(new ReferenceDevice(), 5, _log);
        Assert.Equal(expected, Run(model, device, Offload(2, 2), WeightType.Float32, givesUp: true));
        Assert.Empty(_log.Races);
    }

    [Fact]
    public void Reload_PutsTheBaseBack()
    {
        var folder = Write(_folder);
        using var checkpoint = Checkpoint.Open(folder);
        using var device = new CheckedDevice(new ReferenceDevice(), 6, _log);
        using var model = Load(device, checkpoint, Offload(2, 2), WeightType.Float32, "full");
        var before = model.Digest();
        var updates = Updates(4);
        model.Fold(updates, 4);
        Assert.NotEqual(before, model.Digest());
        ModelLoader.Reload(model, checkpoint);
        Assert.Equal(before, model.Digest());
        Assert.All(model.Parameters, parameter => Assert.Equal(0, parameter.FoldedTo));
        Assert.Empty(_log.Races);
    }

    [Fact]
    public void CheckedDevice_WithoutTheEventThatFreesABuffer_FindsTheRace()
    {
        using var device = new CheckedDevice(new ReferenceDevice(), 1, _log);
        using var memory = device.Allocate(BlockLayout.Alignment);
        using var parameter = new Parameter("w", [16], TensorRole.Matrix, 0, trainable: true, WeightType.Float32, device.Allocate(64));
        using var stored = new HostBlock(new BlockLayout("block", [parameter]));
        using var upload = device.CreateStream(new StreamOptions("upload"));
        using var back = device.CreateStream(new StreamOptions("write-back"));
        back.Download(memory, 0, stored, 0, BlockLayout.Alignment);
        // The write-back is still under way: zo2's fault.
        upload.Upload(stored, 0, memory, 0, BlockLayout.Alignment);
        upload.Record().Synchronize();
        Assert.Contains(_log.Races, race => race.Contains("does not wait for write-back"));
    }

    /// <summary>Steps, with some commits pending at once now and then, and a second pass at the same step; log-probabilities and digests.</summary>
    private static List<string> Run(string folder, Device device, Offloading? offloading, WeightType type, string part = "full", bool givesUp = false)
    {
        using var checkpoint = Checkpoint.Open(folder);
        using var model = Load(device, checkpoint, offloading, type, part);
        var seen = new List<string>();
        var updates = Updates(Steps);
        for (var step = 0; step <= Steps; step++)
        {
            if (step is 3 or 4) continue;
            if (givesUp) Assert.Throws<OperationCanceledException>(() => Pass(model, updates, step, [.. Probes(step)], givesUpAt: 1 + (step % 5)));
            seen.AddRange(Pass(model, updates, step, [.. Probes(step)]));
            if (step == 6) seen.AddRange(Pass(model, updates, step, [Probe.Plain]));
        }

        return [.. seen, .. Weights(model, updates)];
    }
}
