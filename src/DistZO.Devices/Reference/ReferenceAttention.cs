namespace DistZO.Devices;

/// <summary>
/// Attention of cpu-v1 in plain loops. Keys count from the first token of the sample: those of the prefix, then the sequence's own.
/// Queries go in tiles, whose keys are all that one of them sees; those that a query does not see have weight +0 for it.
/// </summary>
internal static class ReferenceAttention
{
    /// <summary>One query head of one sequence of one probe.</summary>
    public static void Head(
        in TokenSequence sequence, int probe, int head, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, RowActivations y)
    {
        var width = shape.Width;
        var shared = head / (shape.Heads / shape.KeyValueHeads) * width;
        for (var i = 0; i < sequence.Length; i++)
        {
            var tile = i / CpuArithmetic.QueryTile * CpuArithmetic.QueryTile;
            var (tileStart, tileEnd) = (0, sequence.PrefixLength + sequence.Length);
            var (start, end) = (tileStart, tileEnd);
            if (shape.Causal)
            {
                tileStart = FirstKey(sequence, tile, shape.Window);
                tileEnd = Math.Min(tileEnd, sequence.PrefixLength + tile + CpuArithmetic.QueryTile);
                (start, end) = (FirstKey(sequence, i, shape.Window), sequence.PrefixLength + i + 1);
            }

            var query = Row(q, probe, sequence.Start + i, head * width, width).ToArray();
            for (var d = 0; d < width; d++) query[d] *= shape.Scale;
            var e = new float[tileEnd - tileStart];
            for (var key = start; key < end; key++)
                e[key - tileStart] = ReferenceSums.Dot(Row(k, probe, Token(sequence, key), shared, width), query, CpuArithmetic.DepthChunk);
            var inverse = 1f / ReferenceSums.Exponentials(e.AsSpan()[(start - tileStart)..(end - tileStart)], start);
            var column = new float[e.Length];
            for (var d = 0; d < width; d++)
            {
                for (var key = tileStart; key < tileEnd; key++) column[key - tileStart] = Row(v, probe, Token(sequence, key), shared, width)[d];
                y.Row(probe, sequence.Start + i)[(head * width) + d] = ReferenceSums.Dot(column, e, CpuArithmetic.KeyChunk, tileStart) * inverse;
            }
        }
    }

    /// <summary>The first key that query i of a sequence sees.</summary>
    private static int FirstKey(in TokenSequence sequence, int i, int window) => Math.Max(0, sequence.PrefixLength + i - window + 1);

    private static Span<float> Row(FeatureSlice x, int probe, int token, int feature, int width) =>
        ((RowActivations)x.Buffer).Row(probe, token).Slice(x.First + feature, width);

    private static int Token(in TokenSequence sequence, int key) =>
        key < sequence.PrefixLength ? sequence.PrefixStart + key : sequence.KeyStart + key - sequence.PrefixLength;
}
