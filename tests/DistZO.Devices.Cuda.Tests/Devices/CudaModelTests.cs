using DistZO.Devices.Cpu;
using DistZO.Models;
using DistZO.Models.Tests.Streaming;
using static DistZO.Models.Tests.Streaming.TinySteps;

namespace DistZO.Devices.Cuda.Tests.Devices;

/// <summary>
/// Whole models on the CUDA device, its kernels and its driver emulated: what it computes is near to the CPU, and its weights are the CPU's, bit
/// for bit, wherever the layers are. Streams run late at random, so a missing event shows.
/// </summary>
[Collection(EmulatorCollection.Name)]
public sealed class CudaModelTests : IDisposable
{
    private const int Steps = 6;
    private readonly TemporaryFolder _folder = new();

    private readonly EmulatorFixture _emulator;

    public CudaModelTests(EmulatorFixture emulator)
    {
        _emulator = emulator;
        emulator.RequireAny();
    }

    public void Dispose()
    {
        _emulator.Delay(null);
        _folder.Dispose();
    }

    public static TheoryData<string, WeightType, string> Models()
    {
        var data = new TheoryData<string, WeightType, string>();
        foreach (var type in Enum.GetValues<WeightType>())
        {
            foreach (var family in (string[])["opt", "mistral", "qwen3", "gpt2", "roberta"]) data.Add(family, type, "full");
        }

        foreach (var part in (string[])["lora", "prefix", "prompt", "layers", "bitfit"]) data.Add("opt", WeightType.Float16, part);
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Run_OnAGpu_IsNearTheCpuAndHasItsWeights(string family, WeightType type, string part)
    {
        var folder = Write(family);
        using var cpu = CpuDevice.Open(1);
        var expected = Run(folder, cpu, null, type, part);
        using var device = Open();
        var found = Run(folder, device, null, type, part);
        Assert.Equal(expected.Weights, found.Weights);
        AssertNear(expected.Losses, found.Losses, type);
    }

    public static TheoryData<string, WeightType, TransferType, string> Roundings()
    {
        var data = new TheoryData<string, WeightType, TransferType, string>();
        foreach (var family in (string[])["opt", "mistral", "qwen3", "gpt2", "roberta"])
        {
            data.Add(family, WeightType.Float32, TransferType.BFloat16, "full");
            data.Add(family, WeightType.Float16, TransferType.Float8, "full");
        }

        data.Add("opt", WeightType.BFloat16, TransferType.Float8, "full");
        foreach (var part in (string[])["lora", "prefix", "prompt", "layers", "bitfit"]) data.Add("opt", WeightType.Float32, TransferType.Float8, part);
        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Roundings))]
    public void Run_ThatRounds_IsNearTheCpuAndHasItsWeights(string family, WeightType type, TransferType transfer, string part)
    {
        var folder = Write(family);
        using var cpu = CpuDevice.Open(1);
        var expected = Run(folder, cpu, null, type, part, transfer);
        using var device = Open();
        var found = Run(folder, device, null, type, part, transfer);
        Assert.Equal(expected.Weights, found.Weights);
        AssertNear(expected.Losses, found.Losses, type);
        // What rounding does to the losses is more than what the formats do: it is not left out.
        var plain = Run(folder, device, null, type, part);
        if (type == WeightType.Float32 && transfer == TransferType.Float8) Assert.True(Distance(plain.Losses, expected.Losses) > 5 * Distance(found.Losses, expected.Losses));
        Assert.NotEqual(plain.Losses, found.Losses);
        Assert.Equal(plain.Weights, found.Weights);
    }

    [SkippableTheory]
    [InlineData("opt", 1, 1)]
    [InlineData("opt", 2, 2)]
    [InlineData("opt", 3, 1)]
    [InlineData("opt", 3, 3)]
    [InlineData("mistral", 2, 3)]
    [InlineData("opt", 2, 2, TransferType.Float8)]
    public void Run_WithStreamedLayers_GivesTheBitsOfAResidentModel(string family, int buffers, int writeBack, TransferType? transfer = null)
    {
        var folder = Write(family);
        using var device = Open();
        var expected = Run(folder, device, null, WeightType.Float16, transfer: transfer);
        _emulator.Delay((buffers * 10) + writeBack);
        foreach (var open in (Func<IReadOnlyList<BlockLayout>, IBlockStore>[])[layouts => new HostBlocks(layouts), layouts => new CopiedBlocks(layouts)])
        {
            var offloading = new Offloading
            {
                Layers = new HashSet<int> { 0, 1, 3 },
                Buffers = buffers,
                WriteBackSteps = writeBack,
                Open = (layouts, _) => open(layouts),
            };
            var streamed = Run(folder, device, offloading, WeightType.Float16, transfer: transfer);
            Assert.Equal(expected.Weights, streamed.Weights);
            Assert.Equal(expected.Losses, streamed.Losses);
        }
    }

    public static TheoryData<int, bool, bool, WeightType, TransferType?> Slots()
    {
        var data = new TheoryData<int, bool, bool, WeightType, TransferType?>
        {
            { 2, true, true, WeightType.BFloat16, null },
            { 2, true, true, WeightType.Float32, TransferType.BFloat16 },
        };
        foreach (var transfer in (TransferType?[])[null, TransferType.Float8])
        {
            foreach (var hasFabric in (bool[])[true, false]) data.Add(2, hasFabric, false, WeightType.BFloat16, transfer);
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(Slots))]
    public void Run_OnSlotsOfAGpu_GivesTheBitsOfAResidentModel(int slots, bool hasFabric, bool isSharded, WeightType type, TransferType? transfer)
    {
        var offloading = Sliced(layouts => new HostBlocks(layouts)) with { IsSharded = isSharded };
        AssertResident(slots, hasFabric, offloading, type, transfer);
    }

    public static TheoryData<int, bool, int, WeightType, TransferType?> HostFolds()
    {
        var data = new TheoryData<int, bool, int, WeightType, TransferType?>();
        foreach (var slots in (int[])[1, 2])
        {
            foreach (var buffers in (int[])[1, 3])
            {
                data.Add(slots, buffers == 1, buffers, WeightType.Float32, TransferType.Float8);
                data.Add(slots, buffers == 3, buffers, WeightType.Float32, TransferType.BFloat16);
            }

            data.Add(slots, true, 2, WeightType.Float16, TransferType.Float8);
            data.Add(slots, true, 2, WeightType.Float16, null);
        }

        return data;
    }

    /// <summary>The host folds and packs, from its memory and from files, while the GPU computes; what comes over the link is what a resident model's kernels round.</summary>
    [SkippableTheory]
    [MemberData(nameof(HostFolds))]
    public void Run_WhereTheHostFolds_GivesTheBitsOfAResidentModel(int slots, bool hasFabric, int buffers, WeightType type, TransferType? transfer)
    {
        foreach (var open in (Func<IReadOnlyList<BlockLayout>, IBlockStore>[])[layouts => new HostBlocks(layouts), layouts => new CopiedBlocks(layouts)])
            AssertResident(slots, hasFabric, Sliced(open) with { Buffers = buffers, FoldsOnHost = true, SharesLink = true }, type, transfer);
    }

    /// <summary>Slices that the host has folded go up to a GPU each, which copies the other's; and slices that stay on each.</summary>
    [SkippableTheory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void Run_OnTwoGpus_GivesTheBitsOfAResidentModel(bool foldsOnHost, bool isSharded)
    {
        _emulator.Require();
        _emulator.Set("DISTZO_EMULATOR_DEVICES", "2");
        try
        {
            var offloading = Sliced(layouts => new HostBlocks(layouts)) with { FoldsOnHost = foldsOnHost, IsSharded = isSharded };
            AssertResident(2, hasFabric: true, offloading, WeightType.Float32, TransferType.Float8, gpus: 2);
        }
        finally
        {
            _emulator.Set("DISTZO_EMULATOR_DEVICES", null);
        }
    }

    /// <summary>What was pinned of the host's memory is let go, and the streams that waited for its cores are gone.</summary>
    [SkippableFact]
    public void Run_WhereTheHostFolds_LeavesNothingBehind()
    {
        _emulator.Require();
        var before = _emulator.Live();
        AssertResident(2, true, Sliced(layouts => new HostBlocks(layouts)) with { FoldsOnHost = true }, WeightType.Float32, TransferType.Float8);
        Assert.Equal(before, _emulator.Live());
    }

    private static Offloading Sliced(Func<IReadOnlyList<BlockLayout>, IBlockStore> open) => new()
    {
        Layers = new HashSet<int> { 0, 1, 2, 3 },
        Buffers = 2,
        WriteBackSteps = 2,
        Open = (layouts, _) => open(layouts),
    };

    private void AssertResident(int count, bool hasFabric, Offloading offloading, WeightType type, TransferType? transfer, int gpus = 1)
    {
        var folder = Write("opt");
        using var device = Open();
        var expected = Run(folder, device, null, type, transfer: transfer);
        using var second = Open(gpus - 1);
        _emulator.Delay((count * 10) + (hasFabric ? 5 : 6));
        using var checkpoint = Checkpoint.Open(folder);
        Device[] devices = [.. new[] { device, second }.Take(count)];
        using var slots = ModelSlots.Load(devices, SlotNetwork.Of(count, hasFabric), offloading, (own, place, _) => Load(own, checkpoint, place, type, "full", transfer));
        var updates = Updates(Steps);
        var losses = new List<double>();
        for (var step = 0; step <= Steps; step++)
        {
            var probes = Probes(step).Chunk(4 / count).ToArray();
            var results = new List<double>[count];
            slots.Run(slot => results[slot] = [.. Values(Pass(slots.Models[slot], updates, step, probes[slot]))]);
            losses.AddRange(results.SelectMany(result => result));
            // An evaluation between passes moves whole layers, and sees weights that are not rounded.
            if (step == 2) Assert.Equal(Values(Pass(slots.Models[0], updates, step, [Probe.Plain])), Values(Resident(folder, device, updates, step, type, transfer)));
        }

        slots.Models[0].Fold(updates, Steps);
        Assert.Equal(expected.Weights, Bytes(slots.Models[0]));
        Assert.Equal(expected.Losses, losses);
    }

    private static List<string> Resident(string folder, Device device, UpdateHistory updates, int step, WeightType type, TransferType? transfer)
    {
        using var checkpoint = Checkpoint.Open(folder);
        using var model = Load(device, checkpoint, null, type, "full", transfer);
        return [.. Pass(model, updates, step, [Probe.Plain])];
    }

    /// <summary>Training keeps its lists from pass to pass and puts other values into them.</summary>
    [SkippableFact]
    public void Pass_WithListsThatAreUsedAgain_SeesWhatIsInThem()
    {
        var folder = Write("opt");
        using var checkpoint = Checkpoint.Open(folder);
        using var device = Open();
        using var model = Load(device, checkpoint, null, WeightType.Float32, "full");
        var updates = Updates(Steps);
        var (probes, sequences) = (new List<Probe>(), new List<TokenSequence>());
        for (var step = 0; step <= Steps; step++)
        {
            probes.Clear();
            probes.AddRange(Probes(step));
            sequences.Clear();
            sequences.AddRange([new TokenSequence(0, 3 + step, 0, 0), new TokenSequence(3 + step, 9 - step, 0, 0)]);
            var pass = new Pass { Tokens = Enumerable.Range(20, 12).ToArray(), Sequences = sequences, Probes = probes, Updates = updates, Step = step };
            var (again, fresh) = (new double[probes.Count * 2], new double[probes.Count * 2]);
            TokenTarget[] targets = [new(0, 11), new(1, 12)];
            model.LogProbabilities(pass, [2 + step, 11], targets, again);
            model.LogProbabilities(pass with { Probes = [.. probes], Sequences = [.. sequences] }, [2 + step, 11], targets, fresh);
            using var alone = Open();
            using var other = Load(alone, checkpoint, null, WeightType.Float32, "full");
            var expected = new double[probes.Count * 2];
            other.LogProbabilities(pass, [2 + step, 11], targets, expected);
            Assert.Equal(expected, again);
            Assert.Equal(expected, fresh);
        }
    }

    private static CudaDevice Open(int ordinal = 0) => CudaDevice.Open(ordinal, () => CpuDevice.Open(1));

    private static void AssertNear(List<double> expected, List<double> found, WeightType type)
    {
        var tolerance = type switch { WeightType.Float32 => 1e-2, WeightType.Float16 => 2e-2, _ => 0.1 };
        Assert.Equal(expected.Count, found.Count);
        for (var i = 0; i < expected.Count; i++) Assert.InRange(found[i], expected[i] - tolerance, expected[i] + tolerance);
    }

    private static double Distance(List<double> a, List<double> b) => a.Zip(b).Sum(pair => Math.Abs(pair.First - pair.Second));

    /// <summary>Steps, then the weights.</summary>
    private static (List<double> Losses, List<string> Weights) Run(
        string folder, Device device, Offloading? offloading, WeightType type, string part = "full", TransferType? transfer = null)
    {
        using var checkpoint = Checkpoint.Open(folder);
        using var model = Load(device, checkpoint, offloading, type, part, transfer);
        var updates = Updates(Steps);
        var losses = new List<double>();
        for (var step = 0; step <= Steps; step++) losses.AddRange(Values(Pass(model, updates, step, [.. Probes(step)])));
        model.Fold(updates, Steps);
        return (losses, Bytes(model));
    }

    private static IEnumerable<double> Values(IEnumerable<string> bits) => bits.Select(text => BitConverter.Int64BitsToDouble(Convert.ToInt64(text, 16)));

    private static List<string> Bytes(Model model)
    {
        var result = new List<string> { WeightsDigest.Text(model.Digest()) };
        foreach (var parameter in model.Parameters)
        {
            var bytes = new byte[BlockLayout.BytesOf(parameter)];
            model.Read(parameter, 0, bytes);
            result.Add($"{parameter.Name} {Convert.ToHexString(bytes)}");
        }

        return result;
    }

    private string Write(string family)
    {
        TinyModel.Write(_folder["model"], seed: 1, family, layers: 4);
        return _folder["model"];
    }

    /// <summary>Blocks that a device cannot copy by itself, like those of files.</summary>
    private sealed class CopiedBlocks(IReadOnlyList<BlockLayout> layouts) : IBlockStore
    {
        public IReadOnlyList<StoredBlock> Blocks { get; } = [.. layouts.Select(layout => new CopiedBlock(layout))];

        public void Dispose()
        {
            foreach (var block in Blocks) block.Dispose();
        }
    }

    private sealed class CopiedBlock(BlockLayout layout) : DelegatingBlock(new HostBlock(layout));
}
