using System.Runtime.InteropServices;
using DistZO.Devices;
using DistZO.Devices.Cpu;

namespace DistZO.Models.Tests.Adapters;

/// <summary>Models with something added to them, on every family.</summary>
public sealed class AdapterForwardTests
{
    private static readonly Probe[] Probes = [new(3, 0.02f), new(3, -0.02f), Probe.Plain];

    public static TheoryData<string> Folders() => GoldenModel.Folders();

    public static TheoryData<string> CausalFolders() => GoldenModel.CausalFolders();

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void Lora_OnEveryLayer_IsTheReferences_AndNearlyTheMergedModel(string folder)
    {
        using var golden = GoldenModel.Open(folder);
        int[][] sequences = [golden.Ids(3)[..17], golden.Ids(4)[..20]];
        var names = golden.Model.Architecture.Layers[0].Linears.Select(linear => linear.Weight.Name.Split('.')[^2]).Distinct();
        var part = ModelPart.WithLora(golden.Model.Architecture, new LoraOptions { Rank = 3, Alpha = 5, Targets = [.. names] });
        var cpu = Evaluate(CpuDevice.Open(2), golden, part, sequences, AddUps, out var merged);
        var reference = Evaluate(new ReferenceDevice(), golden, part, sequences, AddUps, out _);
        Assert.Equal(Bits(reference), Bits(cpu));

        // The last probe is the model as it is.
        var scored = sequences.Sum(ids => ids.Length - 1);
        for (var i = 0; i < scored; i++) Assert.Equal(merged[i], cpu[(2 * scored) + i], 2e-3);
        var bare = GoldenModel.NextTokenLogProbabilities(golden.Model, golden.Pass(sequences), sequences);
        Assert.Contains(Enumerable.Range(0, scored), i => Math.Abs(bare[i] - cpu[(2 * scored) + i]) > 2e-2);
    }

    [SkippableTheory]
    [MemberData(nameof(CausalFolders))]
    public void Prefix_OfRealActivations_IsATextInFront(string folder) => IsATextInFront(folder, architecture => ModelPart.WithPrefix(architecture, 4));

    [SkippableTheory]
    [MemberData(nameof(CausalFolders))]
    public void Prompt_OfRealEmbeddings_IsATextInFront(string folder) => IsATextInFront(folder, architecture => ModelPart.WithPrompt(architecture, 4));

    /// <summary>What the model computes for some tokens, in front of every sequence, is as if these stood in front: to the bit.</summary>
    private static void IsATextInFront(string folder, Func<ModelArchitecture, ModelPart> change)
    {
        using var golden = GoldenModel.Open(folder);
        int[][] sequences = [golden.Ids(3)[..17], golden.Ids(4)[..50]];
        int[]? prefix = null;
        var part = change(golden.Model.Architecture);
        var values = InitialValues.Of(part, 9, tokens => Layers(prefix = tokens, golden), tokens => Rows(prefix = tokens, golden.Model));
        Assert.NotNull(values.Digest);
        using var device = CpuDevice.Open(2);
        using var model = ModelLoader.Load(device, golden.Checkpoint, part, WeightType.Float32, seed: 9);
        Assert.Equal(values.Digest, model.Initial.Digest);
        var pass = GoldenModel.PassOf(sequences, [Probe.Plain], new UpdateHistory(), 0);
        var behind = GoldenModel.NextTokenLogProbabilities(model, pass, sequences);
        var (at, vocabulary) = (0, golden.Model.Architecture.VocabularySize);
        foreach (var ids in sequences)
        {
            int[] whole = [.. prefix!, .. ids];
            var expected = GoldenModel.NextTokenLogProbabilities(golden.Model, golden.Pass(whole), [whole])[prefix!.Length..];
            Assert.Equal(Bits(expected), Bits(behind[at..(at + expected.Length)]));
            at += expected.Length;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(CausalFolders))]
    public void Prefix_BehindWhichChoicesShareAPrompt_IsTheReferences_AndThatOfEachAlone(string folder) =>
        ChoicesShareAPrompt(folder, architecture => ModelPart.WithPrefix(architecture, 3));

    [SkippableTheory]
    [MemberData(nameof(CausalFolders))]
    public void Prompt_BehindWhichChoicesShareAPrompt_IsTheReferences_AndThatOfEachAlone(string folder) =>
        ChoicesShareAPrompt(folder, architecture => ModelPart.WithPrompt(architecture, 3));

    private static void ChoicesShareAPrompt(string folder, Func<ModelArchitecture, ModelPart> change)
    {
        using var golden = GoldenModel.Open(folder);
        var part = change(golden.Model.Architecture);
        int[] prompt = golden.Ids(3)[..9], first = golden.Ids(4)[..4], second = golden.Ids(4)[10..17];
        Pass Shared() => new()
        {
            Tokens = (int[])[.. prompt, .. first, .. second],
            Sequences = [new(0, 9, 0, 0), new(9, 4, 0, 9), new(13, 7, 0, 9)],
            Probes = Probes,
            Updates = Updates(),
            Step = 2,
        };
        int[] rows = [8, 9, 12, 13, 19];
        float[] Logits(Device device, Pass pass, int[] at, int probe)
        {
            using (device)
            {
                using var model = ModelLoader.Load(device, golden.Checkpoint, part, WeightType.Float32, seed: 1);
                return model.Logits(pass, at, probe);
            }
        }

        for (var probe = 0; probe < Probes.Length; probe++)
        {
            var shared = Logits(CpuDevice.Open(2), Shared(), rows, probe);
            Assert.Equal(Bits(Logits(new ReferenceDevice(), Shared(), rows, probe)), Bits(shared));
            int[] alone = [.. prompt, .. second];
            var pass = GoldenModel.PassOf([alone], Probes, Updates(), 2);
            Assert.Equal(Bits(Logits(CpuDevice.Open(1), pass, [9, 15], probe)), Bits(shared[^(2 * golden.Model.Architecture.VocabularySize)..]));
        }
    }

    /// <summary>What all probes see alike is computed once: each must still see what it sees alone.</summary>
    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void Probes_BehindFrozenBlocks_AreThoseOfEachAlone(string folder)
    {
        using var golden = GoldenModel.Open(folder);
        var architecture = golden.Model.Architecture;
        int[][] sequences = [golden.Ids(3)[..17], golden.Ids(4)[..20]];
        foreach (var part in new[] { ModelPart.Layers(architecture, [architecture.Layers.Count - 1]), ModelPart.WithLora(architecture, new LoraOptions()) })
        {
            Assert.True(part.FrozenBlocks > 0);
            using var device = CpuDevice.Open(2);
            double[] Evaluate(params Probe[] probes)
            {
                using var model = ModelLoader.Load(device, golden.Checkpoint, part, WeightType.Float32, seed: 1);
                return GoldenModel.NextTokenLogProbabilities(model, GoldenModel.PassOf(sequences, probes, Updates(), 2), sequences);
            }

            Assert.Equal(Bits(Probes.SelectMany(probe => Evaluate(probe))), Bits(Evaluate(Probes)));
        }
    }

    private static UpdateHistory Updates()
    {
        var updates = new UpdateHistory();
        for (ulong i = 0; i < 2; i++) updates.Append(new WeightUpdate(1f, [new UpdateDirection(50 + i, 0.03f)]));
        return updates;
    }

    private static IReadOnlyList<(float[] Keys, float[] Values)> Layers(int[] tokens, GoldenModel golden) =>
        PrefixValues.Compute(golden.Model.Device, golden.Checkpoint, tokens);

    private static float[] Rows(int[] tokens, Model model)
    {
        var table = model.Download(model.Architecture.Embedding.TokenTable);
        var columns = table.Length / model.Architecture.VocabularySize;
        return [.. tokens.SelectMany(token => table.AsSpan(token * columns, columns).ToArray())];
    }

    /// <summary>B starts as zeros; here it does not, so that it counts.</summary>
    private static void AddUps(Model model)
    {
        foreach (var (spec, i) in model.Part.Trained.Where(tensor => tensor.Name.Contains("lora_B", StringComparison.Ordinal)).Select((tensor, i) => (tensor, i)))
        {
            var values = new float[model.Of(spec).Length];
            Gaussian.Fill(77, (uint)i, 0, values);
            for (var j = 0; j < values.Length; j++) values[j] *= 0.05f;
            model.Device.Upload(MemoryMarshal.AsBytes(values.AsSpan()), model.Of(spec).Storage, 0);
        }
    }

    private static double[] Evaluate(Device device, GoldenModel golden, ModelPart part, int[][] sequences, Action<Model> change, out double[] merged)
    {
        using (device)
        {
            using var model = ModelLoader.Load(device, golden.Checkpoint, part, WeightType.Float32, seed: 4);
            change(model);
            using var plain = ModelLoader.Load(device, golden.Checkpoint, WeightType.Float32);
            foreach (var linear in model.Architecture.Layers.SelectMany(layer => layer.Linears))
            {
                var weight = plain.Of(linear.Weight);
                var bytes = new byte[weight.Length * sizeof(float)];
                new MergedWeights(model, linear).Read(0, bytes);
                device.Upload(bytes, weight.Storage, 0);
            }

            merged = GoldenModel.NextTokenLogProbabilities(plain, GoldenModel.PassOf(sequences, [Probe.Plain], new UpdateHistory(), 0), sequences);
            return GoldenModel.NextTokenLogProbabilities(model, GoldenModel.PassOf(sequences, Probes, new UpdateHistory(), 0), sequences);
        }
    }

    private static long[] Bits(IEnumerable<double> values) => [.. values.Select(BitConverter.DoubleToInt64Bits)];

    private static int[] Bits(IEnumerable<float> values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
