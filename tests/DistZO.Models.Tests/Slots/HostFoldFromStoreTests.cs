using DistZO.Devices;
using DistZO.Devices.Cpu;
using static DistZO.Models.Tests.Slots.SlotRuns;
using static DistZO.Models.Tests.Streaming.TinySteps;

namespace DistZO.Models.Tests.Slots;

/// <summary>Layers of a slow store that the host reads, folds, rounds and writes back give the bits of a device that holds all of it.</summary>
public sealed class HostFoldFromStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly AccessLog _log = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, int, bool, int, int, TransferType?> Schedules()
    {
        var data = new TheoryData<string, int, bool, int, int, TransferType?>();
        foreach (var slots in new[] { 1, 2, 3 })
        {
            foreach (var (buffers, writeBack) in new[] { (1, 3), (2, 1), (3, 2), (3, 32) })
                data.Add("opt", slots, buffers != 2, buffers, writeBack, (slots + buffers) % 2 == 0 ? TransferType.BFloat16 : TransferType.Float8);
        }

        data.Add("opt", 4, true, 5, 2, TransferType.Float8);
        foreach (var family in new[] { "mistral", "qwen3", "gpt2", "roberta" }) data.Add(family, 2, true, 2, 3, TransferType.Float8);
        data.Add("opt", 1, true, 3, 2, null);
        data.Add("opt", 3, false, 2, 3, null);
        return data;
    }

    [Theory]
    [MemberData(nameof(Schedules))]
    public void Run_FromASlowStore_GivesTheBitsOfAResidentModel(string family, int slots, bool hasFabric, int buffers, int writeBack, TransferType? transfer)
    {
        var folder = Write(_folder, family);
        var expected = Resident(folder, WeightType.Float32, transfer);
        Assert.Equal(expected, CheckedDevices.Run(_log, folder, slots, hasFabric, Offload(buffers, writeBack), WeightType.Float32, transfer, slots + buffers));
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("prefix")]
    [InlineData("layers")]
    [InlineData("bitfit")]
    public void Run_OfAPart_GivesTheBitsOfAResidentModel(string part)
    {
        var folder = Write(_folder);
        Assert.Equal(
            Resident(folder, WeightType.Float32, TransferType.BFloat16, part),
            CheckedDevices.Run(_log, folder, 2, true, Offload(2, 3), WeightType.Float32, TransferType.BFloat16, 4, part));
    }

    [Theory]
    [InlineData(1, true, 1)]
    [InlineData(2, true, 3)]
    [InlineData(3, false, 2)]
    public void Run_ThatASlotGivesUpInMidPass_GoesOnWithTheSameBits(int slots, bool hasFabric, int writeBack)
    {
        var folder = Write(_folder);
        Assert.Equal(
            Resident(folder, WeightType.Float16, TransferType.Float8),
            CheckedDevices.Run(_log, folder, slots, hasFabric, Offload(2, writeBack), WeightType.Float16, TransferType.Float8, 5, givesUp: true));
    }

    [Fact]
    public void Run_WithMeasuredWriteBack_GivesTheBitsOfAResidentModel()
    {
        var folder = Write(_folder);
        using var devices = new OwnedDevices([CpuDevice.Open(1), CpuDevice.Open(1)]);
        Assert.Equal(
            Resident(folder, WeightType.Float32, TransferType.Float8),
            Run(folder, devices.All, SlotNetwork.Of(2), Offload(2, null), WeightType.Float32, transfer: TransferType.Float8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Run_FromASlowStore_WritesEachBlockEveryKthStepAndNothingOverTheLink(int writeBack)
    {
        var folder = Write(_folder);
        const int passes = 6;
        var down = new Link(1e12, TimeProvider.System);
        var network = new SlotNetwork([new SlotLinks(new Link(1e12, TimeProvider.System), down, 1)], new Link?[1, 1], true);
        using var device = new ReferenceDevice();
        using var checkpoint = Checkpoint.Open(folder);
        CountedBlocks? store = null;
        var offloading = Offload(2, writeBack) with { Open = (layouts, _) => store = new CountedBlocks(layouts) };
        long trained;
        using (var slots = ModelSlots.Load(
            [device], network, offloading, (own, tiers, _) => Load(own, checkpoint, tiers, WeightType.Float32, "full", TransferType.Float8)))
        {
            var model = slots.Models[0];
            trained = model.StreamedBytes.Trained;
            var updates = Updates(passes);
            for (var step = 0; step <= passes; step++)
            {
                _ = Step(slots, updates, step).Count();
                // An evaluation sees the weights after the step's commits, and leaves them where they are.
                _ = Pass(model, updates, step, [Probe.Plain]).Count();
            }

            var written = store!.Written;
            model.Fold(updates, passes);
            model.Digest();
            // With K = 1 nothing is left to be folded.
            Assert.Equal(writeBack == 1, store.Written == written);
            Assert.Equal(passes / writeBack * trained, written);
        }

        Assert.Equal(0, down.Sent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Run_WithAStoreThatFails_SaysWhyAndEnds(bool hasFabric)
    {
        var folder = Write(_folder);
        using var devices = new OwnedDevices([.. Enumerable.Range(0, 3).Select(_ => CpuDevice.Open(1))]);
        var offloading = Offload(2, 1) with { Open = (layouts, _) => new FailingBlocks(layouts, writes: 9) };
        var problem = Assert.Throws<RunFailedException>(
            () => Run(folder, devices.All, SlotNetwork.Of(3, hasFabric), offloading, WeightType.Float32, transfer: TransferType.Float8));
        Assert.Contains("the disk is gone", problem.Message);
    }

    /// <summary>A place in host memory must not be filled again before what was in it is folded and written.</summary>
    [Fact]
    public void CheckedDevice_WithoutTheEventThatFreesAPlace_FindsTheRace()
    {
        using var device = new CheckedDevice(new ReferenceDevice(), 1, _log);
        using var parameter = new Parameter("w", [16], TensorRole.Matrix, 0, trainable: true, WeightType.Float32);
        var layout = new BlockLayout("block", [parameter]);
        using var store = new FailingBlocks([layout], int.MaxValue);
        using var place = new HostBlock("place", layout.Bytes, layout.Bytes);
        using var read = device.CreateStream(new StreamOptions("host read"));
        using var fold = device.CreateStream(new StreamOptions("host fold"));
        using var write = device.CreateStream(new StreamOptions("host write"));
        read.Copy(store.Blocks[0], place, layout.Bytes);
        fold.Fold(place, layout, Updates(1).Between(0, 1).ToArray());
        Assert.Contains(_log.Races, race => race.Contains("host fold folding place does not wait for host read"));
        _log.Races.Clear();
        fold.Wait(read.Record());
        fold.Fold(place, layout, Updates(1).Between(0, 1).ToArray());
        write.Wait(fold.Record());
        write.Copy(place, store.Blocks[0], layout.TrainedBytes);
        Assert.Empty(_log.Races);
        // A read that waits for the fold alone: what is being written changes under the write, and what is read is what is being written.
        read.Wait(fold.Record());
        read.Copy(store.Blocks[0], place, layout.Bytes);
        Assert.Contains(_log.Races, race => race.Contains("host read reading block does not wait for host write"));
    }

    private static Offloading Offload(int buffers, int? writeBack) => new()
    {
        Layers = new HashSet<int> { 0, 1, 3, 4, 5 },
        Buffers = buffers,
        WriteBackSteps = writeBack,
        SharesLink = true,
        FoldsOnHost = true,
        Open = (layouts, _) => new FailingBlocks(layouts, int.MaxValue),
    };
}
