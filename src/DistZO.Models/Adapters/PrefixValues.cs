using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Keys and values that a model computes for some tokens, to start a prefix from.</summary>
internal static class PrefixValues
{
    /// <summary>Computes them, block by block, with no more than one block on the device.</summary>
    /// <param name="device">Computes.</param>
    /// <param name="checkpoint">The base model.</param>
    /// <param name="tokens">The tokens, as a text of their own.</param>
    /// <returns>For each layer [token][feature].</returns>
    public static IReadOnlyList<(float[] Keys, float[] Values)> Compute(Device device, Checkpoint checkpoint, int[] tokens)
    {
        var architecture = ModelFamilies.Describe(checkpoint);
        var parameters = new Dictionary<string, Parameter>();
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
        Activations x = null!;
        With(architecture.Embedding, () => x = forward.Embed(pass, architecture.Embedding));
        foreach (var layer in architecture.Layers) With(layer, () => forward.Layer(pass, layer, x, cache));
        return [.. architecture.Layers.Select(layer => (cache.Read(layer.Name, "key"), cache.Read(layer.Name, "value")))];

        void With(Block block, Action action)
        {
            try
            {
                foreach (var tensor in block.Tensors) parameters.Add(tensor.Name, ModelLoader.LoadFrozen(device, checkpoint, tensor, parameters.Count));
                action();
            }
            finally
            {
                foreach (var parameter in parameters.Values) parameter.Dispose();
                parameters.Clear();
            }
        }
    }
}
