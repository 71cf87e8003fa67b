using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Keys and values that a model computes for some tokens, to start a prefix from.</summary>
internal static class PrefixValues
{
    /// <summary>Computes them.</summary>
    /// <param name="device">Where the parameters are.</param>
    /// <param name="architecture">The base model.</param>
    /// <param name="parameters">Its tensors by name.</param>
    /// <param name="tokens">The tokens, as a text of their own.</param>
    /// <returns>For each layer [token][feature].</returns>
    public static IReadOnlyList<(float[] Keys, float[] Values)> Compute(
        Device device, ModelArchitecture architecture, IReadOnlyDictionary<string, Parameter> parameters, int[] tokens)
    {
        using var forward = new BlockForward(device, parameters, architecture);
        using var cache = new KeyValueCache(device);
        var pass = new Pass
        {
            Tokens = tokens,
            Sequences = [new TokenSequence(0, tokens.Length, 0, 0)],
            Probes = [Probe.Plain],
            Updates = new UpdateHistory(),
            Step = 0,
        };
        cache.Place(pass.Sequences, tokens.Length, prefix: 0);
        var x = forward.Embed(pass, architecture.Embedding);
        foreach (var layer in architecture.Layers) forward.Layer(pass, layer, x, cache);
        return [.. architecture.Layers.Select(layer => (cache.Read(layer.Name, "key"), cache.Read(layer.Name, "value")))];
    }
}
