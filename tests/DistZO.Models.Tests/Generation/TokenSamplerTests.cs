namespace DistZO.Models.Tests.Generation;

public sealed class TokenSamplerTests
{
    private const int Draws = 20_000;
    private static readonly float[] Logits = [0f, MathF.Log(2), MathF.Log(4), MathF.Log(1), float.MinValue];

    [Fact]
    public void Greedy_TakesTheFirstOfTheLikeliest() => Assert.Equal(1, new TokenSampler(new()).Choose([1, 3, 2, 3], 0, 0));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Choose_AmongWhatIsNoNumber_ChoosesNothing(float bad) => Assert.Equal(-1, new TokenSampler(new()).Choose([1, bad, 2], 0, 0));

    // Probabilities 1, 2, 4 and 1 of 8; then the square roots of these; then of 7, of which the last is left out; then of 6.
    [Theory]
    [InlineData(1, 0, 1, new[] { 1 / 8.0, 2 / 8.0, 4 / 8.0, 1 / 8.0, 0 })]
    [InlineData(2, 0, 1, new[] { 1 / 5.4142, 1.4142 / 5.4142, 2 / 5.4142, 1 / 5.4142, 0 })]
    [InlineData(1, 3, 1, new[] { 1 / 7.0, 2 / 7.0, 4 / 7.0, 0, 0 })]
    [InlineData(1, 0, 0.7, new[] { 0, 2 / 6.0, 4 / 6.0, 0, 0 })]
    [InlineData(1, 0, 0.4, new[] { 0, 0, 1.0, 0, 0 })]
    [InlineData(1, 1, 1, new[] { 0, 0, 1.0, 0, 0 })]
    public void Draw_ComesAsOftenAsItsProbability(double temperature, int topK, double topP, double[] expected)
    {
        var sampler = new TokenSampler(new() { Temperature = temperature, TopK = topK, TopP = topP });
        var counts = new int[expected.Length];
        for (var i = 0; i < Draws; i++) counts[sampler.Choose(Logits, (ulong)(i / 100), i % 100)]++;
        for (var token = 0; token < counts.Length; token++)
        {
            // Five standard deviations.
            var margin = 5 * Math.Sqrt(expected[token] * (1 - expected[token]) * Draws);
            Assert.InRange(counts[token], (expected[token] * Draws) - margin - 1e-9, (expected[token] * Draws) + margin + 1e-9);
        }
    }

    [Fact]
    public void Draw_OfTheSameSeedAndPosition_IsTheSame()
    {
        var (a, b) = (new TokenSampler(new() { Temperature = 1 }), new TokenSampler(new() { Temperature = 1 }));
        for (var i = 0; i < 100; i++) Assert.Equal(a.Choose(Logits, 3, i), b.Choose(Logits, 3, i));
    }
}
