using DistZO.Devices.Cpu;
using DistZO.Models;
using DistZO.Models.Tests.Slots;
using DistZO.Models.Tests.Streaming;

namespace DistZO.Devices.Cuda.Tests.Devices;

/// <summary>Slots on GPUs of their own, all emulated, that bring slices together by NCCL. Streams run late at random, so a missing wait shows.</summary>
[Collection(EmulatorCollection.Name)]
public sealed class CudaGatherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EmulatorFixture _emulator;

    public CudaGatherTests(EmulatorFixture emulator)
    {
        _emulator = emulator;
        emulator.Require();
        emulator.Set("DISTZO_EMULATOR_DEVICES", "4");
    }

    /// <summary>How slots share layers.</summary>
    public enum Sharing
    {
        Sliced,
        Sharded,

        /// <summary>Sliced, folded and rounded by the host.</summary>
        Folded,
    }

    public static TheoryData<int, Sharing, int> Runs()
    {
        var data = new TheoryData<int, Sharing, int>();
        foreach (var sharing in Enum.GetValues<Sharing>())
        {
            data.Add(2, sharing, 2);
            data.Add(3, sharing, 3);
            data.Add(4, sharing, 1);
        }

        return data;
    }

    public void Dispose()
    {
        _emulator.Delay(null);
        _emulator.Set("DISTZO_EMULATOR_DEVICES", null);
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData(2, Sharing.Sliced, 2)]
    [InlineData(3, Sharing.Sharded, 3)]
    [InlineData(4, Sharing.Folded, 1)]
    public void Run_ByNccl_GivesTheBitsOfAResidentModel(int slots, Sharing sharing, int buffers) => AssertResident(slots, sharing, buffers, givesUp: false);

    /// <summary>The others have queued gathers then that it does not come to.</summary>
    [SkippableTheory]
    [MemberData(nameof(Runs))]
    public void Run_ThatASlotGivesUpInMidPass_GoesOnWithTheSameBits(int slots, Sharing sharing, int buffers) => AssertResident(slots, sharing, buffers, givesUp: true);

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_WithAStoreThatFails_SaysWhyAndEnds(bool foldsOnHost)
    {
        var offloading = TinySteps.Offload(2, 1) with { Open = (layouts, _) => new FailingBlocks(layouts, writes: 9), FoldsOnHost = foldsOnHost };
        var problem = Assert.Throws<RunFailedException>(() => Run(3, offloading, GatherKind.Nccl, null, givesUp: false));
        Assert.Contains("the disk is gone", problem.Message);
        Assert.Equal(0, _emulator.TakeError());
    }

    [SkippableFact]
    public void Run_ByNccl_LeavesNothingBehind()
    {
        var before = _emulator.Live();
        Run(2, TinySteps.Offload(2, 1), GatherKind.Nccl, null, givesUp: true);
        Assert.Equal(before, _emulator.Live());
    }

    public static TheoryData<long[]> Bounds() => [[0, 4096, 8192, 12288], [0, 4096, 4096, 12288], [0, 0, 8192, 12288], [0, 100, 5000, 5001], [0, 0, 0, 0]];

    [SkippableTheory]
    [MemberData(nameof(Bounds))]
    public void Gather_BringsAllSlicesToAll(long[] bounds)
    {
        var expected = new byte[bounds[^1]];
        new Random(3).NextBytes(expected);
        using var devices = Open(3);
        using var collective = OpenCollective(devices, GatherKind.Nccl);
        _emulator.Delay(7);
        var found = Slots(devices, (slot, device, memory, stream) =>
        {
            var (from, to) = ((int)bounds[slot], (int)bounds[slot + 1]);
            device.Upload(expected.AsSpan(from..to), memory, from);
            stream.Gather("block", collective, slot, memory, bounds);
            device.Await(stream.Record());
            var all = new byte[bounds[^1]];
            device.Download(memory, 0, all);
            return all;
        });
        Assert.All(found, all => Assert.Equal(expected, all));
        Assert.Equal(0, _emulator.TakeError());
    }

    /// <summary>Those that wait for a slot whose stream has failed are let go, and told why by what they queue next.</summary>
    [SkippableFact]
    public void Gather_OfASlotThatFailed_IsGivenUpByAll()
    {
        long[] bounds = [0, 4096, 8192, 12288];
        using var devices = Open(3);
        using var collective = OpenCollective(devices, GatherKind.Nccl);
        var found = Slots(devices, (slot, device, memory, stream) =>
        {
            if (slot == 1)
            {
                using var store = new FailingBlocks([new BlockLayout("block", [])], writes: 0);
                store.Blocks[0].Commit(default);
                stream.Download(memory, 0, store.Blocks[0], 0, 4096);
            }

            stream.Gather("block", collective, slot, memory, bounds);
            var failed = Record.Exception(stream.Record().Synchronize);
            stream.Gather("block", collective, slot, memory, bounds);
            return (First: failed?.Message, Second: Record.Exception(stream.Record().Synchronize)?.Message);
        });
        Assert.Equal("the disk is gone", found[1].First);
        Assert.All(found, one => Assert.Equal("the disk is gone", one.Second));
    }

    [SkippableFact]
    public void OpenCollective_SaysWhatWasChosen()
    {
        using var devices = Open(2);
        var said = new List<string>();
        using (OpenCollective(devices, null, said)) Assert.Matches("^slices are gathered by (NCCL 2.21.5|copies) [0-9.,]+ GB/s into each GPU \\(by (NCCL 2.21.5|copies) [0-9.,]+ GB/s\\)$", Assert.Single(said));
        said.Clear();
        Assert.Null(OpenCollective(devices, GatherKind.Copy, said));
        Assert.Empty(said);
        using (var opened = OpenCollective(devices, GatherKind.Nccl, said))
        {
            Assert.NotNull(opened);
            Assert.Equal("slices are gathered by NCCL 2.21.5", Assert.Single(said));
        }
    }

    [SkippableFact]
    public void OpenCollective_OfSlotsThatShareAGpu_CopiesOrSaysWhy()
    {
        using var one = Gpu(0, null);
        using var other = Gpu(0, null);
        Assert.Null(one.OpenCollective([one, other], null, Assert.Fail));
        Assert.Contains("here some share one", Assert.Throws<BadInputException>(() => one.OpenCollective([one, other], GatherKind.Nccl, Assert.Fail)).Message);
        using var cpu = CpuDevice.Open(1);
        Assert.Contains("gather: nccl is for slots on NVIDIA GPUs", Assert.Throws<BadInputException>(() => cpu.OpenCollective([cpu, cpu], GatherKind.Nccl, Assert.Fail)).Message);
    }

    /// <summary>What NCCL takes counts like all that is taken, and against the limit.</summary>
    [SkippableFact]
    public void OpenCollective_CountsItsMemory()
    {
        const long kept = 4 << 20;
        using (var devices = Open(2))
        {
            var before = ((CudaDevice)devices.All[1]).UsedBytes;
            using var collective = OpenCollective(devices, GatherKind.Nccl);
            Assert.Equal(before + kept, ((CudaDevice)devices.All[1]).UsedBytes);
            Assert.All(devices.All, device => Assert.Equal(kept, device.CollectiveBytes));
        }

        using var small = new OwnedDevices([Gpu(0, null), Gpu(1, 3 << 20)]);
        Assert.Contains("--device-memory 3 MB is too small", Assert.Throws<RunFailedException>(() => OpenCollective(small, GatherKind.Nccl)).Message);
    }

    private static CudaDevice Gpu(int ordinal, long? limit) => CudaDevice.Open(ordinal, () => CpuDevice.Open(1), limit);

    private static OwnedDevices Open(int count) => new([.. Enumerable.Range(0, count).Select(i => Gpu(i, null))]);

    private static Collective OpenCollective(OwnedDevices devices, GatherKind? wanted, List<string>? said = null) =>
        devices.All[0].OpenCollective(devices.All, wanted, (said ?? []).Add)!;

    /// <summary>Does something on all slots at once, each on a thread and with a stream of its own.</summary>
    private static T[] Slots<T>(OwnedDevices devices, Func<int, Device, DeviceMemory, DeviceStream, T> work)
    {
        var results = new T[devices.All.Count];
        var threads = devices.All.Select((device, slot) => new Thread(() =>
        {
            using var memory = device.Allocate(1 << 16);
            using var stream = device.CreateStream(new StreamOptions($"slot {slot} gather"));
            results[slot] = work(slot, device, memory, stream);
        })).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return results;
    }

    private void AssertResident(int slots, Sharing sharing, int buffers, bool givesUp)
    {
        TransferType? transfer = sharing == Sharing.Folded ? TransferType.BFloat16 : null;
        var expected = Run(1, null, GatherKind.Copy, transfer, givesUp: false);
        _emulator.Delay((slots * 10) + (int)sharing);
        var offloading = TinySteps.Offload(buffers, 2) with { IsSharded = sharing == Sharing.Sharded, FoldsOnHost = sharing == Sharing.Folded };
        Assert.Equal(expected, Run(slots, offloading, GatherKind.Nccl, transfer, givesUp));
        Assert.Equal(0, _emulator.TakeError());
    }

    private List<string> Run(int slots, Offloading? offloading, GatherKind kind, TransferType? transfer, bool givesUp)
    {
        var folder = TinySteps.Write(_folder);
        using var devices = Open(slots);
        using var collective = OpenCollective(devices, kind);
        return SlotRuns.Run(folder, devices.All, SlotNetwork.Of(slots).With(collective), offloading, WeightType.Float32, givesUp: givesUp, transfer: transfer);
    }
}
