using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Models.Tests.Tokenizers;

namespace DistZO.Models.Tests.Generation;

/// <summary>Generation over a cache of keys and values, against passes over the whole text.</summary>
public sealed class TextGeneratorTests
{
    private static readonly ulong[] Seeds = [7, 8, 9];
    private static readonly Tokenizer Tokens = TinyTokenizer.Load(TinyTokenizer.Json());
    private static readonly Probe Perturbed = new(11, 0.01f);

    [SkippableTheory]
    [MemberData(nameof(GoldenModel.CausalFolders), MemberType = typeof(GoldenModel))]
    public void NextLogits_BehindACache_AreThoseOfTheWholeText(string folder)
    {
        using var golden = GoldenModel.Open(folder);
        int[] ids = golden.Ids(5)[..60];
        using var cache = new KeyValueCache(golden.Model.Device);
        // In pieces: 17 tokens, then 1, then 30, and so on; with a gap in front.
        foreach (var (from, to) in new[] { (0, 17), (17, 18), (18, 48), (48, 49), (49, 60) })
        {
            var pass = OneSequence(ids[from..to], new TokenSequence(0, to - from, 3, from) { KeyStart = 3 + from }, Perturbed);
            int[] rows = [.. Enumerable.Range(0, to - from)];
            var whole = golden.Model.Logits(OneSequence(ids[..to], new TokenSequence(0, to, 0, 0), Perturbed), [.. Enumerable.Range(from, to - from)]);
            var vocabulary = golden.Model.Architecture.VocabularySize;
            golden.Model.NextLogits(pass, rows, cache, ids.Length + 3, rowsPerRead: 8, (first, logits) =>
                Assert.True(logits.SequenceEqual(whole.AsSpan(first * vocabulary, logits.Length)), $"tokens {from} to {to}, from row {first} on"));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    public void Generate_WithOthersOrAlone_OnAnyThreads_GivesTheSameTexts(double temperature)
    {
        int[][] prompts = [[2, 5, 9, 200], [2], [.. Enumerable.Range(10, 40)]];
        var options = new GenerationOptions { MaxNewTokens = 20, Temperature = temperature, TopK = 300, TopP = 0.95 };
        var together = Generate(2, prompts, Seeds, options);
        for (var i = 0; i < prompts.Length; i++)
        {
            var alone = Assert.Single(Generate(3, [prompts[i]], [Seeds[i]], options));
            Assert.Equal(together[i].Tokens, alone.Tokens);
            Assert.Equal(together[i].Text, alone.Text);
            Assert.Equal(FinishReason.Length, alone.Reason);
        }

        // Two texts of one prompt differ where tokens are drawn, and only there.
        var twice = Generate(1, [prompts[0], prompts[0]], [1, 2], options);
        Assert.Equal(temperature == 0, twice[0].Tokens.SequenceEqual(twice[1].Tokens));
    }

    [Fact]
    public void Generate_UpToAnEndToken_HoldsItInTheTokensOnly()
    {
        var free = Generate(1, [[2, 5, 9]], [0], new GenerationOptions { MaxNewTokens = 6 })[0].Tokens;
        var end = free[3];
        var ended = Generate(1, [[2, 5, 9]], [0], new GenerationOptions { MaxNewTokens = 6, EndTokens = [end] })[0];
        Assert.Equal(free[..(Array.IndexOf(free, end) + 1)], ended.Tokens);
        Assert.Equal(FinishReason.EndToken, ended.Reason);
    }

    [Fact]
    public void Generate_UpToAStopString_IsCutBeforeIt()
    {
        var options = new GenerationOptions { MaxNewTokens = 30, Temperature = 1 };
        var text = Generate(1, [[2, 5, 9]], [4], options)[0].Text;
        var stop = text.Substring(text.Length / 2, 2);
        var stopped = Generate(1, [[2, 5, 9]], [4], options with { Stop = ["no such text", stop] })[0];
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        Assert.Equal(FinishReason.Stop, stopped.Reason);
        Assert.True(stopped.Tokens.Length < 30);
    }

    [Fact]
    public void Generate_ToTheModelsEnd_Stops()
    {
        var prompt = Enumerable.Repeat(5, 155).ToArray();
        var text = Generate(1, [prompt], [0], new GenerationOptions { MaxNewTokens = 50 })[0];
        Assert.Equal((5, FinishReason.Length), (text.Tokens.Length, text.Reason));
        Assert.Contains("160", Assert.Throws<BadInputException>(() => Generate(1, [[.. prompt, .. prompt]], [0], new GenerationOptions())).Message);
        Assert.Contains("empty", Assert.Throws<BadInputException>(() => Generate(1, [[]], [0], new GenerationOptions())).Message);
    }

    [Fact]
    public void Generate_WithWeightsThatDiverged_SaysSo() => Assert.Equal(
        FinishReason.NotFinite, Generate(1, [[2, 5]], [0], new GenerationOptions(), new Probe(1, float.PositiveInfinity))[0].Reason);

    private static GeneratedText[] Generate(int threads, int[][] prompts, ulong[] seeds, GenerationOptions options, Probe? probe = null)
    {
        using var checkpoint = Checkpoint.Open(ModelFolders.Opt);
        using var device = CpuDevice.Open(threads);
        using var model = ModelLoader.Load(device, checkpoint, WeightType.Float32);
        return new TextGenerator(model, Tokens, options).Generate(prompts, seeds, probe ?? Perturbed, new UpdateHistory(), 0);
    }

    private static Pass OneSequence(int[] tokens, TokenSequence sequence, Probe probe) =>
        new() { Tokens = tokens, Sequences = [sequence], Probes = [probe], Updates = new UpdateHistory(), Step = 0 };
}
