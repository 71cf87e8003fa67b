namespace DistZO.Models;

/// <summary>What a transformer layer is computed in, each with tensors of its own.</summary>
public enum LayerOperation
{
    AttentionNorm,
    Query,
    Key,
    Value,

    /// <summary>With the norms of queries and keys, and what stands in front of the keys.</summary>
    Attention,
    Output,
    FeedForwardNorm,
    Gate,
    Up,
    Down,
}

/// <summary>
/// What of a block is visited together when it does not stay on the device: the whole embedding or head; of a layer, operations in a row, about
/// as many as weigh what its largest one does, so that a device needs memory for a few matrices and not for layers.
/// </summary>
/// <param name="Name">The block's name, and where it has several parts the first and last of the part's matrices: <c>layers.3.query-output</c>.</param>
/// <param name="Operations">Of a layer, in the order in which they are computed.</param>
/// <param name="Tensors">All that the part needs, in this order.</param>
public sealed record BlockPart(string Name, IReadOnlyList<LayerOperation> Operations, IReadOnlyList<TensorSpec> Tensors)
{
    /// <summary>A part may weigh so much more than the largest operation: room for biases and norms.</summary>
    private const double Slack = 1.125;

    /// <summary>Cuts a layer.</summary>
    internal static IReadOnlyList<BlockPart> Cut(TransformerBlock layer)
    {
        var most = Slack * layer.Operations.Max(Weight);
        var groups = new List<List<LayerOperation>> { new() };
        foreach (var operation in layer.Operations)
        {
            if (groups[^1].Sum(Weight) + Weight(operation) > most) groups.Add([]);
            groups[^1].Add(operation);
        }

        return [.. groups.Select(group => new BlockPart(
            groups.Count == 1 ? layer.Name : $"{layer.Name}.{NameOf(group)}", group, [.. group.SelectMany(layer.TensorsOf)]))];

        long Weight(LayerOperation operation) => layer.TensorsOf(operation).Sum(tensor => tensor.Length);
    }

    private static string NameOf(List<LayerOperation> operations)
    {
        var matrices = operations.Where(operation => operation is not (LayerOperation.AttentionNorm or LayerOperation.Attention or LayerOperation.FeedForwardNorm)).ToList();
        return (matrices.Count == 1 ? $"{matrices[0]}" : $"{matrices[0]}-{matrices[^1]}").ToLowerInvariant();
    }
}
