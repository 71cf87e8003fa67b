namespace DistZO.Devices.Tests.Kernels;

[Collection(SimdTierCollection.Name)]
public class AttentionTests
{
    [SkippableTheory]
    [InlineData(1, 2)]
    [InlineData(4, 3)]
    [InlineData(13, 1)]
    [InlineData(16, 2)]
    [InlineData(64, 2)]
    [InlineData(80, 1)]
    [InlineData(128, 1)]
    [InlineData(130, 1)]
    [InlineData(256, 1)]
    public void Attention_OfAnyHeadWidth_IsTheReferences(int width, int heads) => Check("pair", width, heads, Scenario.Sequences(18, 1, 5));

    [SkippableTheory]
    [InlineData(1, 15, 16, 17)]
    [InlineData(33, 129, 2, 1)]
    [InlineData(256, 1, 257, 3)]
    [InlineData(300, 1, 1, 1)]
    public void Attention_OverAnyLengths_IsTheReferences(int a, int b, int c, int d) => Check("pair", 4, 1, Scenario.Sequences(a, b, c, d));

    /// <summary>Options behind a prompt, as a sample of a choice is packed; the second prompt crosses a chunk of keys.</summary>
    [SkippableFact]
    public void Attention_BehindPrefixes_IsTheReferences() => Check("three directions", 12, 2,
    [
        new TokenSequence(0, 21, 0, 0),
        new TokenSequence(21, 3, 0, 21),
        new TokenSequence(24, 17, 0, 21),
        new TokenSequence(41, 250, 0, 0),
        new TokenSequence(291, 9, 41, 250),
        new TokenSequence(300, 1, 41, 250),
    ]);

    /// <summary>Scores that are far apart: all weight on one key, and e^x underflowing for the others.</summary>
    [SkippableFact]
    public void Attention_WithLargeScores_IsTheReferences() => Check("pair", 8, 1, Scenario.Sequences(40), scale: 500f);

    /// <summary>Heads of keys and values that several query heads use, also where no count is a power of two.</summary>
    [SkippableTheory]
    [InlineData(20, 6, 2)]
    [InlineData(20, 6, 3)]
    [InlineData(4, 5, 1)]
    [InlineData(66, 4, 2)]
    public void Attention_OfSharedKeys_IsTheReferences(int width, int heads, int shared) =>
        Check("pair", width, heads, Scenario.Sequences(40, 1, 290), shared: shared);

    /// <summary>Windows inside a tile, around it, around a chunk of keys, and longer than the sequence.</summary>
    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(24)]
    [InlineData(255)]
    [InlineData(257)]
    [InlineData(5000)]
    public void Attention_OfAWindow_IsTheReferences(int window) => Check("pair", 12, 4,
    [
        new TokenSequence(0, 21, 0, 0),
        new TokenSequence(21, 33, 0, 21),
        new TokenSequence(54, 590, 0, 0),
        new TokenSequence(644, 20, 54, 590),
    ], window: window, shared: 2);

    /// <summary>Every query sees every key of its sequence.</summary>
    [SkippableTheory]
    [InlineData(1, 15, 16, 17)]
    [InlineData(33, 257, 2, 300)]
    public void Attention_InBothDirections_IsTheReferences(int a, int b, int c, int d) =>
        Check("pair", 12, 4, Scenario.Sequences(a, b, c, d), shared: 2, causal: false);

    /// <summary>Queries, keys and values side by side in one buffer.</summary>
    [SkippableFact]
    public void Attention_OfOneBuffer_IsTheReferences() => SameBits.OnEveryTier(device =>
    {
        const int width = 7, heads = 3;
        using var s = new Scenario(device, ProbeSets.Of("pair"), Scenario.Sequences(19, 2));
        var (x, y) = (s.Input(3 * heads * width), s.Output(heads * width));
        device.Attention(
            s.Pass, new AttentionShape(heads, heads, width, 0.3f), x, new FeatureSlice(x, heads * width), new FeatureSlice(x, 2 * heads * width), y);
        s.Keep(y);
        return s.Results;
    });

    private static void Check(
        string probes, int width, int heads, TokenSequence[] sequences, float scale = 0.35f, int window = AttentionShape.NoWindow, int? shared = null,
        bool causal = true) =>
        SameBits.OnEveryTier(device =>
        {
            using var s = new Scenario(device, ProbeSets.Of(probes), sequences);
            var shape = new AttentionShape(heads, shared ?? heads, width, scale, window, causal);
            var (q, k, v) = (s.Input(width * heads), s.Input(width * shape.KeyValueHeads), s.Input(width * shape.KeyValueHeads));
            var y = s.Output(width * heads);
            device.Attention(s.Pass, shape, q, k, v, y);
            s.Keep(y);
            device.Attention(s.Pass, shape, q, k, v, q);
            s.Keep(q);
            return s.Results;
        });
}
