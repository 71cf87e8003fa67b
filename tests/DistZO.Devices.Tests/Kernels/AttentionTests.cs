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

    private static void Check(string probes, int width, int heads, TokenSequence[] sequences, float scale = 0.35f) =>
        SameBits.OnEveryTier(device =>
        {
            using var s = new Scenario(device, ProbeSets.Of(probes), sequences);
            var (q, k, v, y) = (s.Input(width * heads), s.Input(width * heads), s.Input(width * heads), s.Output(width * heads));
            device.Attention(s.Pass, heads, scale, q, k, v, y);
            s.Keep(y);
            device.Attention(s.Pass, heads, scale, q, k, v, q);
            s.Keep(q);
            return s.Results;
        });
}
