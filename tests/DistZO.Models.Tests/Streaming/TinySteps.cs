using DistZO.Devices;

namespace DistZO.Models.Tests.Streaming;

/// <summary>What a run does with a tiny model, step by step.</summary>
internal static class TinySteps
{
    private static readonly int[] Tokens = [5, 17, 200, 31, 8, 90, 41, 2, 77];

    /// <summary>Writes a model of six layers; returns its folder.</summary>
    public static string Write(TemporaryFolder folder, string family = "opt")
    {
        TinyModel.Write(folder["model"], seed: 1, family, layers: 6);
        return folder["model"];
    }

    /// <summary>Some of the layers come and go.</summary>
    public static Offloading Offload(int buffers, int? writeBack) => new()
    {
        Layers = new HashSet<int> { 0, 1, 3, 4, 5 },
        Buffers = buffers,
        WriteBackSteps = writeBack,
        Open = (layouts, _) => new HostBlocks(layouts),
    };

    public static UpdateHistory Updates(int steps)
    {
        var updates = new UpdateHistory();
        for (var step = 0; step < steps; step++)
            updates.Append(new WeightUpdate(0.999f, [new UpdateDirection((ulong)step + 7, 0.01f), new UpdateDirection((ulong)step + 70, -0.004f)]));
        return updates;
    }

    public static Model Load(Device device, Checkpoint checkpoint, Offloading? offloading, WeightType type, string part, TransferType? transfer = null)
    {
        var architecture = ModelFamilies.Describe(checkpoint);
        var trained = part switch
        {
            "lora" => ModelPart.WithLora(architecture, new LoraOptions()),
            "prefix" => ModelPart.WithPrefix(architecture, 3),
            "prompt" => ModelPart.WithPrompt(architecture, 3),
            "layers" => ModelPart.Layers(architecture, [1, 2]),
            "bitfit" => ModelPart.BitFit(architecture),
            _ => ModelPart.Full(architecture),
        };
        return ModelLoader.Load(device, checkpoint, trained, type, seed: 3, offloading: offloading, transfer: transfer);
    }

    public static IEnumerable<Probe> Probes(int step)
    {
        for (ulong direction = 0; direction < 2; direction++)
        {
            yield return new Probe(((ulong)step * 100) + direction, 0.01f);
            yield return new Probe(((ulong)step * 100) + direction, -0.01f);
        }
    }

    public static IEnumerable<string> Pass(Model model, UpdateHistory updates, int step, Probe[] probes, int givesUpAt = int.MaxValue)
    {
        var blocks = 0;
        var pass = new Pass
        {
            Tokens = Tokens,
            Sequences = [new TokenSequence(0, 5, 0, 0), new TokenSequence(5, 4, 0, 0)],
            Probes = probes,
            Updates = updates,
            Step = step,
            IsRounded = probes[0].Perturbed,
            BeforeBlock = () =>
            {
                if (blocks++ == givesUpAt) throw new OperationCanceledException();
            },
        };
        var result = new double[probes.Length * 2];
        model.LogProbabilities(pass, [4, 8], [new TokenTarget(0, 11), new TokenTarget(1, 12)], result);
        return result.Select(value => BitConverter.DoubleToInt64Bits(value).ToString("x16"));
    }

    /// <summary>The weights after all updates, as their digest and as the first bytes of each tensor.</summary>
    public static IEnumerable<string> Weights(Model model, UpdateHistory updates)
    {
        model.Fold(updates, updates.Count);
        yield return WeightsDigest.Text(model.Digest());
        var bytes = new byte[64];
        foreach (var parameter in model.Parameters)
        {
            model.Read(parameter, 0, bytes.AsSpan(0, (int)Math.Min(64, BlockLayout.BytesOf(parameter))));
            yield return Convert.ToHexString(bytes);
        }
    }
}
