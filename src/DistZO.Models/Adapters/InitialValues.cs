using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// What the tensors start from that no checkpoint has. A pure function of the base model, the recipe's seed and cpu-v1, so every worker
/// makes them for itself; their digest is part of the run's identity.
/// </summary>
public sealed class InitialValues
{
    private readonly IReadOnlyDictionary<string, float[]> _values;

    internal InitialValues(IReadOnlyList<TensorSpec> tensors, IReadOnlyDictionary<string, float[]> values)
    {
        _values = values;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var tensor in tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name} {string.Join("x", tensor.Shape)}\n"));
            hash.AppendData(MemoryMarshal.AsBytes(Of(tensor).AsSpan()));
        }

        Digest = tensors.Count > 0 ? Convert.ToHexStringLower(hash.GetHashAndReset()) : null;
    }

    /// <summary>Of a model to which nothing is added.</summary>
    public static InitialValues None { get; } = new([], new Dictionary<string, float[]>());

    /// <summary>SHA-256, for each tensor in the order of the layout, of a line "name shape" and its float32 values, little-endian; null without any.</summary>
    public string? Digest { get; }

    /// <summary>The values of a tensor, row-major.</summary>
    public float[] Of(TensorSpec tensor) => _values.TryGetValue(tensor.Name, out var values) ? values : new float[tensor.Length];

    /// <summary>
    /// The values of a part. LoRA: A is normal with variance 1 / (3·inputs), that of PEFT's uniform start, from philox-v1's stream 5 of
    /// the run's seed and the tensor's ordinal; B is zero. A prefix: the keys and values that the model itself computes for m tokens of
    /// its vocabulary (MeZO, arXiv 2305.17333, appendix E.3). A prompt: what these are embedded as.
    /// </summary>
    /// <param name="part">What is trained.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="compute">Computes a prefix of these tokens: [layer] keys and values.</param>
    /// <param name="embed">Rows of the token table.</param>
    public static InitialValues Of(
        ModelPart part, ulong seed, Func<int[], IReadOnlyList<(float[] Keys, float[] Values)>> compute, Func<int[], float[]> embed)
    {
        var values = new Dictionary<string, float[]>();
        var added = part.Trained.Where(tensor => tensor.IsAdded).ToList();
        if (part.Lora is not null)
        {
            for (var ordinal = 0; ordinal < part.Trained.Count; ordinal++)
            {
                var tensor = part.Trained[ordinal];
                if (!tensor.Name.EndsWith(".lora_A.weight", StringComparison.Ordinal)) continue;
                values[tensor.Name] = Normal(seed, (uint)ordinal, tensor.Shape);
            }
        }
        else if (part.Architecture.VirtualTokens is > 0 and var length)
        {
            int[] tokens = [.. Enumerable.Range(0, length).Select(i => (int)Math.BigMul(
                Philox.Word64(seed, (ulong)i, uint.MaxValue, PhiloxStream.InitialValues), (ulong)part.Architecture.VocabularySize, out _))];
            if (part.Architecture.Embedding.Prompt is { } prompt) values[prompt.Name] = embed(tokens);
            else AddPrefixes(values, part.Architecture, compute(tokens));
        }

        return new InitialValues(added, values);
    }

    private static void AddPrefixes(
        Dictionary<string, float[]> values, ModelArchitecture architecture, IReadOnlyList<(float[] Keys, float[] Values)> prefixes)
    {
        for (var i = 0; i < prefixes.Count; i++)
        {
            var prefix = architecture.Layers[i].Attention.Prefix!;
            (values[prefix.Keys.Name], values[prefix.Values.Name]) = prefixes[i];
        }
    }

    private static float[] Normal(ulong seed, uint ordinal, long[] shape)
    {
        var values = new float[shape[0] * shape[1]];
        Gaussian.Fill(seed, ordinal, 0, values, PhiloxStream.InitialValues);
        var scale = 1f / MathF.Sqrt(3f * shape[1]);
        for (var i = 0; i < values.Length; i++) values[i] *= scale;
        return values;
    }
}
