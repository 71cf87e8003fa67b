using DistZO.Devices;
using DistZO.Devices.Cpu;

namespace DistZO.Models.Tests;

/// <summary>A tiny model of each family, of sizes that fill no tile: the bits of the reference, whatever the threads and the batch around.</summary>
public sealed class FamilyTests : IDisposable
{
    private static readonly int[][] Sequences = [Ids(1, 1), Ids(2, 37), Ids(3, 64), Ids(4, 5)];
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families => TinyModel.Families;

    public static TheoryData<string> CausalFamilies => TinyModel.CausalFamilies;

    [Theory]
    [MemberData(nameof(Families))]
    public void LogProbabilities_OnAnyThreads_AreTheBitsOfTheReference(string family)
    {
        TinyModel.Write(_folder["model"], seed: 3, family);
        using var reference = new ReferenceDevice();
        var expected = Run(reference, WeightType.BFloat16);
        foreach (var threads in new[] { 1, 2, 3, 5 })
        {
            using var device = CpuDevice.Open(threads);
            Assert.Equal(expected, Run(device, WeightType.BFloat16));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void LogProbabilities_OfPackedSequences_AreTheBitsOfEachAlone(string family)
    {
        TinyModel.Write(_folder["model"], seed: 4, family);
        using var checkpoint = Checkpoint.Open(_folder["model"]);
        using var device = CpuDevice.Open(2);
        using var model = ModelLoader.Load(device, checkpoint, WeightType.Float32);
        var packed = GoldenModel.NextTokenLogProbabilities(model, Pass(Sequences, Probe.Plain), Sequences);
        var alone = Sequences.SelectMany(ids => GoldenModel.NextTokenLogProbabilities(model, Pass([ids], Probe.Plain), [ids]));
        Assert.Equal(alone, packed);
    }

    /// <summary>An option behind a shared prompt is what prompt and option are in one sequence.</summary>
    [Theory]
    [MemberData(nameof(CausalFamilies))]
    public void Logits_BehindAPrefix_AreThoseOfTheWholeSequence(string family)
    {
        TinyModel.Write(_folder["model"], seed: 5, family);
        using var checkpoint = Checkpoint.Open(_folder["model"]);
        using var device = CpuDevice.Open(2);
        using var model = ModelLoader.Load(device, checkpoint, WeightType.Float32);
        var ids = Ids(6, 40);
        int[] rows = [.. Enumerable.Range(0, ids.Length)];
        var split = new Pass
        {
            Tokens = ids,
            Sequences = [new TokenSequence(0, 23, 0, 0), new TokenSequence(23, 17, 0, 23)],
            Probes = [Probe.Plain],
            Updates = new UpdateHistory(),
            Step = 0,
        };
        Assert.Equal(model.Logits(Pass([ids], Probe.Plain), rows), model.Logits(split, rows));
    }

    /// <summary>A worker leaves a pass between two blocks, also before the head's product, the largest of many models.</summary>
    [Fact]
    public void Pass_OfAnyKind_IsToldBeforeEveryBlock()
    {
        TinyModel.Write(_folder["model"], seed: 5);
        using var checkpoint = Checkpoint.Open(_folder["model"]);
        using var device = new ReferenceDevice();
        using var model = ModelLoader.Load(device, checkpoint, WeightType.Float32);
        var calls = 0;
        var pass = Pass([Ids(6, 4)], Probe.Plain) with { BeforeBlock = () => calls++ };
        model.LogProbabilities(pass, [0, 1], [new TokenTarget(0, 5)], new double[1]);
        Assert.Equal(model.Architecture.Blocks.Count(), calls);
        model.Logits(pass, [0, 1]);
        Assert.Equal(2 * model.Architecture.Blocks.Count(), calls);
    }

    public void Dispose() => _folder.Dispose();

    private static int[] Ids(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.Next(256))];
    }

    private static Pass Pass(int[][] sequences, params Probe[] probes) => GoldenModel.PassOf(sequences, probes, new UpdateHistory(), 0);

    /// <summary>Log-probabilities of three probes behind two pending updates, and the digest of the folded weights.</summary>
    private (string Losses, UInt128 Digest) Run(Device device, WeightType type)
    {
        using var checkpoint = Checkpoint.Open(_folder["model"]);
        using var model = ModelLoader.Load(device, checkpoint, type);
        var updates = new UpdateHistory();
        updates.Append(new WeightUpdate(0.99f, [new UpdateDirection(7, -1e-2f), new UpdateDirection(8, 2e-2f)]));
        updates.Append(new WeightUpdate(1f, [new UpdateDirection(9, 1e-2f)]));
        var pass = GoldenModel.PassOf(Sequences, [new Probe(9, 1e-3f), new Probe(9, -1e-3f), Probe.Plain], updates, 2);
        var losses = GoldenModel.NextTokenLogProbabilities(model, pass, Sequences);
        Assert.All(losses, loss => Assert.True(double.IsFinite(loss)));
        return (string.Join(' ', losses.Select(BitConverter.DoubleToInt64Bits)), model.Digest());
    }
}
