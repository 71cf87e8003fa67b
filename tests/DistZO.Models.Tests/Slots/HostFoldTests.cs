using DistZO.Devices;
using DistZO.Devices.Cpu;
using static DistZO.Models.Tests.Slots.SlotRuns;
using static DistZO.Models.Tests.Streaming.TinySteps;

namespace DistZO.Models.Tests.Slots;

/// <summary>Layers into which the host folds, and that come to the slots rounded, give the bits of a device that holds all of it.</summary>
public sealed class HostFoldTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AccessLog _log = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int, bool, int, TransferType?> Schedules()
    {
        var data = new TheoryData<string, int, bool, int, TransferType?>();
        foreach (var slots in new[] { 1, 2, 3, 4 })
        {
            foreach (var buffers in new[] { 1, 2, 3 })
            {
                foreach (var hasFabric in new[] { true, false }) data.Add("opt", slots, hasFabric, buffers, (slots + buffers) % 2 == 0 ? TransferType.BFloat16 : TransferType.Float8);
            }
        }

        data.Add("opt", 4, true, 5, TransferType.Float8);
        foreach (var family in new[] { "mistral", "qwen3", "gpt2", "roberta" }) data.Add(family, 2, true, 2, TransferType.Float8);
        // Without rounding the host may fold too.
        data.Add("opt", 1, true, 3, null);
        data.Add("opt", 3, true, 2, null);
        data.Add("gpt2", 2, false, 2, null);
        return data;
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Run_WhereTheHostFolds_GivesTheBitsOfAResidentModel(string family, int slots, bool hasFabric, int buffers, TransferType? transfer)
    {
        var folder = Write(_folder, family);
        var expected = Resident(folder, WeightType.Float32, transfer);
        Assert.Equal(expected, CheckedDevices.Run(_log, folder, slots, hasFabric, Offload(buffers), WeightType.Float32, transfer, seed: slots + buffers));
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("prefix")]
    [InlineData("prompt")]
    [InlineData("layers")]
    [InlineData("bitfit")]
    public void Run_OfAPart_GivesTheBitsOfAResidentModel(string part)
    {
        var folder = Write(_folder);
        foreach (var slots in new[] { 1, 3 })
        {
            Assert.Equal(
                Resident(folder, WeightType.Float32, TransferType.Float8, part),
                CheckedDevices.Run(_log, folder, slots, true, Offload(2), WeightType.Float32, TransferType.Float8, 4, part));
        }
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, true)]
    [InlineData(3, false)]
    public void Run_ThatASlotGivesUpInMidPass_GoesOnWithTheSameBits(int slots, bool hasFabric)
    {
        var folder = Write(_folder);
        Assert.Equal(
            Resident(folder, WeightType.Float16, TransferType.Float8),
            CheckedDevices.Run(_log, folder, slots, hasFabric, Offload(2), WeightType.Float16, TransferType.Float8, 5, givesUp: true));
    }

    [Theory]
    [InlineData(WeightType.Float32, TransferType.BFloat16)]
    [InlineData(WeightType.BFloat16, TransferType.Float8)]
    public void Run_OnTheCpu_GivesTheBitsOfAResidentModel(WeightType type, TransferType transfer)
    {
        var folder = Write(_folder);
        var expected = Resident(folder, type, transfer);
        foreach (var slots in new[] { 1, 4 })
        {
            using var devices = new OwnedDevices([.. Enumerable.Range(0, slots).Select(_ => CpuDevice.Open(2))]);
            for (var i = 0; i < 3; i++) Assert.Equal(expected, Run(folder, devices.All, SlotNetwork.Of(slots), Offload(3), type, givesUp: i == 2, transfer: transfer));
        }
    }

    /// <summary>Rounding decides what probes see, and nothing else: it is another run, whose weights are folded alike.</summary>
    [Fact]
    public void Run_ThatRounds_SeesOtherLossesAndTheSameWeights()
    {
        var folder = Write(_folder);
        var (plain, rounded) = (Resident(folder, WeightType.Float32, null), Resident(folder, WeightType.Float32, TransferType.Float8));
        Assert.NotEqual(plain[0], rounded[0]);
        // The updates are given, not made of losses.
        var losses = rounded.Count - plain.Zip(rounded).Reverse().TakeWhile(pair => pair.First == pair.Second).Count();
        Assert.InRange(losses, 1, rounded.Count - 2);
        Assert.Contains(plain[..losses].Zip(rounded), pair => pair.First == pair.Second);
    }

    [Theory]
    [InlineData(TransferType.BFloat16)]
    [InlineData(TransferType.Float8)]
    [InlineData(null)]
    public void Run_WhereTheHostFolds_MovesOnlyWhatIsRounded(TransferType? transfer)
    {
        var folder = Write(_folder);
        const int passes = 4;
        double[] shares = [1, 2, 1];
        static Link Fast() => new(1e12, TimeProvider.System);
        var fabric = new Link?[3, 3];
        for (var i = 0; i < 9; i++) fabric[i / 3, i % 3] = Fast();
        var network = new SlotNetwork([.. shares.Select(share => new SlotLinks(Fast(), Fast(), share))], fabric, true);
        using var devices = new OwnedDevices([.. Enumerable.Range(0, 3).Select(_ => new ReferenceDevice())]);
        using var checkpoint = Checkpoint.Open(folder);
        using var slots = ModelSlots.Load(
            devices.All, network, Offload(2), (device, own, _) => Load(device, checkpoint, own, WeightType.Float32, "full", transfer));
        var updates = Updates(passes);
        for (var step = 0; step < passes; step++) _ = Step(slots, updates, step).Count();
        var blocks = slots.Models[0].Visits!.Blocks;
        for (var slot = 0; slot < 3; slot++)
        {
            var once = blocks.Sum(block => BlockSlice.Cut(block.Packed.Bytes, shares)[slot].Bytes);
            Assert.Equal(passes * once, network.Host(slot).Up!.Sent);
            Assert.Equal(0, network.Host(slot).Down!.Sent);
            for (var to = 0; to < 3; to++) Assert.Equal(to == slot ? 0 : passes * once, network.Fabric(slot, to)!.Sent);
        }

        // Matrices are nearly all of a layer; what fills up to whole pages counts too.
        var expected = transfer switch { TransferType.BFloat16 => 0.5, TransferType.Float8 => 33.0 / 128, _ => 1 };
        var pages = (double)BlockLayout.Alignment / blocks[0].Layout.Bytes;
        Assert.InRange((double)blocks[0].Packed.Bytes / blocks[0].Layout.Bytes, expected - pages, expected + (2 * pages));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Evaluation_WhereTheHostFolds_WritesNothingBack(int slots)
    {
        var folder = Write(_folder);
        const int steps = 4;
        var down = new Link(1e12, TimeProvider.System);
        var network = new SlotNetwork(
            [.. Enumerable.Range(0, slots).Select(_ => new SlotLinks(new Link(1e12, TimeProvider.System), down, 1))], new Link?[slots, slots], true);
        using var devices = new OwnedDevices([.. Enumerable.Range(0, slots).Select(_ => new ReferenceDevice())]);
        using var checkpoint = Checkpoint.Open(folder);
        using var loaded = ModelSlots.Load(
            devices.All, network, Offload(2), (device, own, _) => Load(device, checkpoint, own, WeightType.Float32, "full", TransferType.Float8));
        var (model, updates) = (loaded.Models[0], Updates(steps));
        for (var step = 0; step < steps; step++)
        {
            _ = Step(loaded, updates, step).Count();
            _ = Pass(model, updates, step + 1, [Probe.Plain]).Count();
            // Folded once, for this and for the step that follows.
            Assert.All(model.Parameters, parameter => Assert.Equal(step + 1, parameter.FoldedTo));
        }

        model.Fold(updates, steps);
        model.Digest();
        Assert.Equal(0, down.Sent);
    }

    [Theory]
    [InlineData(TransferType.BFloat16, 1)]
    [InlineData(TransferType.BFloat16, 3)]
    [InlineData(TransferType.Float8, 3)]
    [InlineData(TransferType.Float8, 5)]
    public void Slot_WhereTheHostFolds_TakesMemoryForWhatComesToIt(TransferType transfer, int buffers)
    {
        var folder = Write(_folder);
        var (resident, whole, packed) = (0L, 0L, 0L);
        using (var checkpoint = Checkpoint.Open(folder))
        using (var device = new CheckedDevice(new ReferenceDevice(), 1, _log))
        using (var model = Load(device, checkpoint, Offload(buffers), WeightType.Float32, "full", transfer))
        {
            // Alone it has no slots, and a buffer for each whole layer.
            whole = model.Visits!.Blocks.Max(block => block.Layout.Bytes);
            packed = model.Visits!.Blocks.Max(block => block.Packed.Bytes);
            resident = device.AllocatedBytes - (buffers * whole);
        }

        using var devices = new CheckedDevices(2, 3, _log);
        Run(folder, devices.All, SlotNetwork.Of(2), Offload(buffers), WeightType.Float32, transfer: transfer);
        List<long> allocated = [.. devices.All.Select(device => ((CheckedDevice)device).AllocatedBytes)];
        // The first one evaluates, too: for that it needs room for a whole layer.
        Assert.Equal([resident + Math.Max(buffers * packed, whole), resident + (buffers * packed)], allocated);
    }

    /// <summary>What the host packs for a visit must not be packed again before all slots have uploaded it.</summary>
    [Fact]
    public void CheckedDevice_WithoutTheEventThatFreesAStage_FindsTheRace()
    {
        using var device = new CheckedDevice(new ReferenceDevice(), 1, _log);
        using var memory = device.Allocate(BlockLayout.Alignment);
        using var parameter = new Parameter("w", [16], TensorRole.Matrix, 0, trainable: true, WeightType.Float32) { Transfer = TransferType.Float8 };
        var layout = new BlockLayout("block", [parameter]);
        using var stored = new HostBlock(layout);
        var packed = new PackedLayout(layout);
        using var stage = new HostBlock("stage", packed.Bytes, 0);
        using var host = device.CreateStream(new StreamOptions("host fold"));
        using var upload = device.CreateStream(new StreamOptions("upload"));
        var staged = new StagedBlock(packed, stage);
        host.Pack(stored, [], staged);
        upload.Wait(host.Record());
        upload.Upload(staged, 0, memory, 0, BlockLayout.Alignment);
        Assert.Empty(_log.Races);
        host.Pack(stored, [], staged);
        Assert.Contains(_log.Races, race => race.Contains("host fold packing block does not wait for upload"));
        _log.Races.Clear();
        host.Wait(upload.Record());
        host.Pack(stored, [], staged);
        Assert.Empty(_log.Races);
        // An upload of what is still being packed.
        upload.Upload(staged, 0, memory, 0, BlockLayout.Alignment);
        Assert.Contains(_log.Races, race => race.Contains("upload uploading block does not wait for host fold"));
    }

    private static Offloading Offload(int buffers) => new()
    {
        Layers = new HashSet<int> { 0, 1, 3, 4, 5 },
        Buffers = buffers,
        WriteBackSteps = 2,
        FoldsOnHost = true,
        Open = (layouts, _) => new HostBlocks(layouts),
    };
}
