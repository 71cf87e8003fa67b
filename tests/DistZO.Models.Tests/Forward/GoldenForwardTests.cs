using System.Runtime.InteropServices;
using System.Text.Json;
using DistZO.Devices;
using DistZO.Devices.Cpu;

namespace DistZO.Models.Tests;

/// <summary>Logits and losses against what Transformers computed in float64 from the same weights.</summary>
[Trait("Category", "Goldens")]
public sealed class GoldenForwardTests
{
    // A correct float32 forward is within a small multiple of Transformers' own float32 error.
    private const double AllowedErrors = 4;

    public static TheoryData<string> Folders() => GoldenModel.Folders();

    [Theory]
    [MemberData(nameof(Folders))]
    public void Logits_OfEverySequence_EqualTheGoldenOnes(string folder)
    {
        using var golden = GoldenModel.Open(folder);
        var worst = 0.0;
        for (var k = 0; k < golden.Sequences; k++)
        {
            var ids = golden.Ids(k);
            var rows = Enumerable.Range(0, ids.Length).ToArray();
            var logits = golden.Model.Logits(golden.Pass(ids), rows);
            var expected = golden.Floats($"logits.{k}");
            Assert.Equal(expected.Length, logits.Length);
            for (var i = 0; i < logits.Length; i++) worst = Math.Max(worst, Math.Abs((double)logits[i] - expected[i]));
        }

        Assert.True(worst <= AllowedErrors * golden.Float32Error, $"{folder}: largest error {worst:E2}, allowed {AllowedErrors * golden.Float32Error:E2}");
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void LogProbabilities_OfNextTokens_EqualTheGoldenLosses(string folder)
    {
        using var golden = GoldenModel.Open(folder);
        for (var k = 0; k < golden.Sequences; k++)
        {
            var ids = golden.Ids(k);
            if (ids.Length < 2) continue;
            var result = golden.NextTokenLogProbabilities(golden.Pass(ids), [ids]);
            var expected = golden.NextTokenLosses(k);
            for (var i = 0; i < result.Length; i++) Assert.Equal(expected[i], -result[i], 8 * golden.Float32Error);
        }
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void LogProbabilities_OfPackedSequences_AreTheBitsOfEachAlone(string folder)
    {
        using var golden = GoldenModel.Open(folder);
        var sequences = Enumerable.Range(0, golden.Sequences).Select(golden.Ids).ToArray();
        var packed = golden.NextTokenLogProbabilities(golden.Pass(sequences), sequences);
        var alone = sequences.Where(ids => ids.Length > 1).SelectMany(ids => golden.NextTokenLogProbabilities(golden.Pass(ids), [ids]));
        Assert.Equal(alone, packed);
    }

    [Theory]
    [MemberData(nameof(Folders))]
    public void LogProbabilities_OnTheCpu_AreTheBitsOfTheReference(string folder)
    {
        using var golden = GoldenModel.Open(folder);
        using var device = new ReferenceDevice();
        using var reference = ModelLoader.Load(device, golden.Checkpoint, WeightType.Float32);
        // A pending update and a pair of probes, so that folding and perturbing are compared too.
        var ids = golden.Ids(3);
        var updates = new UpdateHistory();
        updates.Append(new WeightUpdate(0.99f, [new UpdateDirection(7, -1e-3f), new UpdateDirection(8, 2e-3f)]));
        var probes = new[] { new Probe(9, 1e-3f), new Probe(9, -1e-3f), Probe.Plain };
        var pass = GoldenModel.PassOf([ids], probes, updates, 1);
        Assert.Equal(GoldenModel.NextTokenLogProbabilities(reference, pass, [ids]), golden.NextTokenLogProbabilities(pass, [ids]));
        Assert.Equal(reference.Digest(), golden.Model.Digest());
    }
}
