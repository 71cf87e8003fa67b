using System.Text;
using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public sealed class DemonstrationsTests : IDisposable
{
    private static readonly PromptOptions Options = new() { Prompt = " {text}:", Choices = [new("0", " no"), new("1", " yes")] };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Before_ARowOfElsewhere_HasTheFirstRowsOfTheSeedsOrder()
    {
        string file = Write("a", "b", "c", "d", "e");
        int[] order = DataOrder.Permutation(7, 5, uint.MaxValue);
        string expected = string.Concat(order.Take(3).Select(i => $"{"abcde"[i]}: {(i % 2 == 1 ? "yes" : "no")}\n\n")) + " z:";

        Assert.Equal(expected, Prompt(file, 7, 3, "z"));
    }

    [Fact]
    public void Before_ATrainingRow_NeverHasItsAnswer()
    {
        // The same row twice: neither may stand before the other.
        string file = Write("a", "b", "c", "b");
        foreach (ulong seed in Enumerable.Range(0, 20).Select(i => (ulong)i))
        {
            foreach (string row in new[] { "a", "b", "c" })
            {
                string[] parts = Prompt(file, seed, 2, row).Split("\n\n");
                Assert.Equal(3, parts.Distinct().Count());
                Assert.DoesNotContain(parts[..^1], part => part.StartsWith(row + ":", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Before_AnotherSeed_DrawsOtherRows()
    {
        string file = Write("a", "b", "c", "d", "e", "f", "g", "h");

        Assert.True(Enumerable.Range(0, 10).Select(seed => Prompt(file, (ulong)seed, 2, "z")).Distinct().Count() > 3);
    }

    [Fact]
    public void Read_OfTooFewRows_IsRefused()
    {
        string file = Write("a", "b", "a");

        var error = Assert.Throws<BadInputException>(() => Demonstrations.Read(file, Options, 0, 2));

        Assert.Equal($"num_demos: 2 demonstrations beside the row itself need 3 different training rows, and {file} has 2; lower num_demos", error.Message);
    }

    [Fact]
    public void Read_OfTextWithoutPrompts_IsRefused()
    {
        string file = Write("a", "b", "c");

        var error = Assert.Throws<BadInputException>(() => Demonstrations.Read(file, new PromptOptions(), 0, 1));

        Assert.StartsWith($"{file}:1: num_demos demonstrates prompts", error.Message);
    }

    [Fact]
    public void Of_ARecipeWithoutTrainingRows_IsRefused()
    {
        var recipe = Recipe.Default.With(RecipeKeys.NumDemos, 2);

        Assert.Null(Demonstrations.Of(Recipe.Default, Options, null));
        Assert.StartsWith("num_demos: there are no training rows", Assert.Throws<BadInputException>(() => Demonstrations.Of(recipe, Options, null)).Message);
    }

    [Fact]
    public void Encode_WithDemonstrations_TruncatesThemFromTheLeft()
    {
        string file = Write("a", "b", "c");
        var options = Options with { MaxLength = 14 };
        var demonstrations = Demonstrations.Read(file, options, 0, 2);

        var example = new ExampleEncoder(LetterEncoder.Opt, options, demonstrations).Encode(Row("z"), RowShape.Choices, RowUse.Evaluation).Single();

        string whole = Prompt(file, 0, 2, "z");
        Assert.Equal((int[])[2, .. whole[^9..].Select(c => (int)c)], example.Prompt);
        Assert.Equal([" no", " yes"], example.Options.Select(option => string.Concat(option.Tokens.Select(id => (char)id))));
    }

    private static JsonlRow Row(string text) =>
        JsonlFile.Read(new MemoryStream(Encoding.UTF8.GetBytes($"{{\"text\":\"{text}\",\"label\":{Label(text)}}}")), "rows.jsonl").First();

    private static int Label(string text) => (text[0] - 'a') % 2;

    private static string Prompt(string file, ulong seed, int count, string text)
    {
        var row = Row(text);
        return Demonstrations.Read(file, Options, seed, count).Before(row, new RowRenderer(Options).Render(row, RowShape.Choices).Single());
    }

    private string Write(params string[] texts)
    {
        File.WriteAllLines(_folder["train.jsonl"], texts.Select(text => $"{{\"text\":\"{text}\",\"label\":{Label(text)}}}"));
        return _folder["train.jsonl"];
    }
}
