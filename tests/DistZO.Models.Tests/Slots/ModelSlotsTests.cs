using DistZO.Devices;
using DistZO.Devices.Cpu;
using static DistZO.Models.Tests.Slots.SlotRuns;
using static DistZO.Models.Tests.Streaming.TinySteps;

namespace DistZO.Models.Tests.Slots;

/// <summary>Slots that share the layers of a model give the bits of one device that holds all of it.</summary>
public sealed class ModelSlotsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AccessLog _log = new();

    public enum Sharing
    {
        Sliced,
        Whole,
        Sharded,
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int, Sharing, int, int> Schedules()
    {
        var data = new TheoryData<string, int, Sharing, int, int>();
        foreach (var slots in new[] { 1, 2, 3, 4 })
        {
            foreach (var (buffers, writeBack) in new[] { (1, 3), (2, 1), (3, 3) })
            {
                foreach (var sharing in Enum.GetValues<Sharing>()) data.Add("opt", slots, sharing, buffers, writeBack);
            }
        }

        data.Add("opt", 4, Sharing.Sliced, 5, 2);
        foreach (var family in new[] { "mistral", "qwen3", "gpt2", "roberta" })
        {
            foreach (var sharing in Enum.GetValues<Sharing>()) data.Add(family, 2, sharing, 2, 2);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Run_OnSlots_GivesTheBitsOfAResidentModel(string family, int slots, Sharing sharing, int buffers, int writeBack)
    {
        var folder = Write(_folder, family);
        var expected = Resident(folder, WeightType.BFloat16);
        Assert.Equal(expected, Checked(folder, slots, sharing, Offload(buffers, writeBack), WeightType.BFloat16, "full", seed: slots + buffers));
    }

    [Theory]
    [InlineData("lora", Sharing.Sliced)]
    [InlineData("prefix", Sharing.Sliced)]
    [InlineData("prompt", Sharing.Sliced)]
    [InlineData("layers", Sharing.Sliced)]
    [InlineData("bitfit", Sharing.Sliced)]
    [InlineData("lora", Sharing.Whole)]
    [InlineData("layers", Sharing.Sharded)]
    public void Run_OfAPart_GivesTheBitsOfAResidentModel(string part, Sharing sharing)
    {
        var folder = Write(_folder);
        Assert.Equal(Resident(folder, WeightType.Float32, part: part), Checked(folder, 3, sharing, Offload(2, 3), WeightType.Float32, part, seed: 4));
    }

    [Theory]
    [InlineData(2, Sharing.Sliced, 1)]
    [InlineData(3, Sharing.Sliced, 2)]
    [InlineData(4, Sharing.Sliced, 3)]
    [InlineData(3, Sharing.Whole, 1)]
    [InlineData(3, Sharing.Sharded, 1)]
    public void Run_ThatASlotGivesUpInMidPass_GoesOnWithTheSameBits(int slots, Sharing sharing, int writeBack)
    {
        var folder = Write(_folder);
        Assert.Equal(
            Resident(folder, WeightType.Float32), Checked(folder, slots, sharing, Offload(2, writeBack), WeightType.Float32, "full", seed: 5, givesUp: true));
    }

    [Fact]
    public void Run_WithUnevenLinks_GivesTheBitsOfAResidentModel()
    {
        var folder = Write(_folder);
        using var devices = new CheckedDevices(3, 8, _log);
        var links = new[] { 1.0, 5.0, 2.5 }.Select(share => new SlotLinks(null, null, share)).ToList();
        Assert.Equal(Resident(folder, WeightType.Float32), Run(folder, devices.All, new SlotNetwork(links, new Link?[3, 3], true), Offload(3, 2), WeightType.Float32));
        Assert.Empty(_log.Races);
    }

    [Theory]
    [InlineData(Sharing.Sliced)]
    [InlineData(Sharing.Whole)]
    [InlineData(Sharing.Sharded)]
    public void Run_OnTheCpu_GivesTheBitsOfAResidentModel(Sharing sharing)
    {
        var folder = Write(_folder);
        using var devices = new OwnedDevices([.. Enumerable.Range(0, 4).Select(_ => CpuDevice.Open(1))]);
        var offloading = Offload(3, 2) with { IsSharded = sharing == Sharing.Sharded };
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(
                Resident(folder, WeightType.Float16),
                Run(folder, devices.All, SlotNetwork.Of(4, sharing != Sharing.Whole), offloading, WeightType.Float16, givesUp: i == 2));
        }
    }

    [Fact]
    public void Run_WithMeasuredWriteBack_GivesTheBitsOfAResidentModel()
    {
        var folder = Write(_folder);
        using var devices = new OwnedDevices([CpuDevice.Open(1), CpuDevice.Open(1)]);
        Assert.Equal(Resident(folder, WeightType.Float32), Run(folder, devices.All, SlotNetwork.Of(2), Offload(2, null), WeightType.Float32));
    }

    [Fact]
    public void Run_Sliced_MovesTheBytesThatArePlannedOverEachLink()
    {
        var folder = Write(_folder);
        const int passes = 4, buffers = 2;
        double[] shares = [1, 2, 1];
        Link Fast() => new(1e12, TimeProvider.System);
        var fabric = new Link?[3, 3];
        for (var from = 0; from < 3; from++)
        {
            for (var to = 0; to < 3; to++) fabric[from, to] = Fast();
        }

        var network = new SlotNetwork([.. shares.Select(share => new SlotLinks(Fast(), Fast(), share))], fabric, true);
        using var devices = new OwnedDevices([.. Enumerable.Range(0, 3).Select(_ => new ReferenceDevice())]);
        using var checkpoint = Checkpoint.Open(folder);
        List<BlockSlice[]> slices;
        using (var slots = ModelSlots.Load(devices.All, network, Offload(buffers, 1), (device, own, _) => Load(device, checkpoint, own, WeightType.Float32, "full")))
        {
            var updates = Updates(passes);
            for (var step = 0; step < passes; step++) _ = Step(slots, updates, step).Count();
            slices = [.. slots.Models[0].Visits!.Blocks.Select(block => BlockSlice.Cut(block.Layout.Bytes, shares))];
        }

        for (var slot = 0; slot < 3; slot++)
        {
            // The buffers are filled for the pass that would come next; the first pass has nothing to write back.
            var once = slices.Sum(block => block[slot].Bytes);
            Assert.Equal((passes * once) + slices.Take(buffers).Sum(block => block[slot].Bytes), network.Host(slot).Up!.Sent);
            Assert.Equal((passes - 1) * once, network.Host(slot).Down!.Sent);
            for (var to = 0; to < 3; to++) Assert.Equal(to == slot ? 0 : passes * once, network.Fabric(slot, to)!.Sent);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_WithAStoreThatFails_SaysWhyAndEnds(bool hasFabric)
    {
        var folder = Write(_folder);
        using var devices = new OwnedDevices([.. Enumerable.Range(0, 3).Select(_ => CpuDevice.Open(1))]);
        var offloading = Offload(2, 1) with { Open = (layouts, _) => new FailingBlocks(layouts, writes: 9) };
        var problem = Assert.Throws<RunFailedException>(() => Run(folder, devices.All, SlotNetwork.Of(3, hasFabric), offloading, WeightType.Float32));
        Assert.Contains("the disk is gone", problem.Message);
    }

    [Theory]
    [InlineData(2, Sharing.Sliced)]
    [InlineData(4, Sharing.Sliced)]
    [InlineData(2, Sharing.Whole)]
    public void Slot_TakesNoMoreMemoryThanOneAlone(int slots, Sharing sharing)
    {
        var folder = Write(_folder);
        var alone = Allocated(folder, 1, sharing);
        Assert.All(Allocated(folder, slots, sharing), bytes => Assert.Equal(alone[0], bytes));
    }

    [Fact]
    public void Slot_WithShards_TakesItsPartOfTheLayersMore()
    {
        var folder = Write(_folder);
        var (alone, layers, pages) = (Allocated(folder, 1, Sharing.Sliced)[0], 0L, 0);
        using (var checkpoint = Checkpoint.Open(folder))
        using (var device = new ReferenceDevice())
        using (var model = Load(device, checkpoint, Offload(2, 1), WeightType.Float32, "full"))
        {
            layers = model.Visits!.Blocks.Sum(block => block.Layout.Bytes);
            // Slices are whole pages.
            pages = model.Visits.Blocks.Count * BlockLayout.Alignment;
        }

        foreach (var slots in new[] { 2, 4 })
            Assert.All(Allocated(folder, slots, Sharing.Sharded), bytes => Assert.InRange(bytes, alone + (layers / slots) - pages, alone + (layers / slots) + pages));
    }

    private List<long> Allocated(string folder, int slots, Sharing sharing)
    {
        using var devices = new CheckedDevices(slots, 3, _log);
        var own = Offload(2, 1) with { IsSharded = sharing == Sharing.Sharded };
        Run(folder, devices.All, SlotNetwork.Of(slots, sharing != Sharing.Whole), own, WeightType.Float32);
        return [.. devices.All.Select(device => ((CheckedDevice)device).AllocatedBytes)];
    }

    private List<string> Checked(
        string folder, int slots, Sharing sharing, Offloading offloading, WeightType type, string part, int seed, bool givesUp = false) => CheckedDevices.Run(
            _log,
            folder,
            slots,
            sharing != Sharing.Whole,
            offloading with { IsSharded = sharing == Sharing.Sharded && slots > 1 },
            type,
            null,
            seed,
            part,
            givesUp);
}
