using System.Diagnostics;
using System.Text.Json;

namespace DistZO.Training.Tests;

public class AnswerTextTests
{
    [Theory]
    [InlineData("The  Cat,\n sat!", "cat sat")]
    [InlineData("a an the", "")]
    [InlineData("Theatre another a", "theatre another")]
    [InlineData("U.S.A. don't", "usa dont")]
    [InlineData("$5 <b> `x` ~|^=+", "5 b x")]
    [InlineData("ÉLAN über Ж", "élan über ж")]
    [InlineData("x–a–y «the»", "x– –y « »")]
    [InlineData("\u00a0nbsp\u2003wide\t", "nbsp wide")]
    [InlineData("A𝐚A the𝐚", "a𝐚a the𝐚")]
    public void Words_AreLowerCaseWithoutPunctuationAndArticles(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', AnswerText.Words(text)));

    [Theory]
    [InlineData("the Eiffel Tower.", "Eiffel tower", 1)]
    [InlineData("red green", "red blue", 0.5)]
    [InlineData("b b b", "b", 0.5)]
    [InlineData("", "x", 0)]
    [InlineData("the", "the", 0)] // No word is left to be shared, as in SQuAD's evaluation.
    [InlineData("No answer!", "no answer", 1)]
    [InlineData("no", "no answer", 0)]
    public void F1_CountsSharedWords(string answer, string right, double expected) => Assert.Equal(expected, AnswerText.F1(answer, [right]));

    [Fact]
    public void F1_OfSeveralRightAnswers_IsThatOfTheBest() => Assert.Equal(1, AnswerText.F1("three", ["3", "Three"]));

    [Theory]
    [InlineData("The cat", true)]
    [InlineData("Dog!", true)]
    [InlineData("cat dog", false)]
    public void IsExact_ComparesWords(string answer, bool expected) => Assert.Equal(expected, AnswerText.IsExact(answer, ["cat", "a dog"]));

    /// <summary>The published normalization, word for word, in the language in which it was published.</summary>
    [SkippableFact]
    public void Words_AreThoseOfSquadsEvaluation()
    {
        var random = new Random(11);
        const string Letters = "aAnN tThHeE.,!?'\"()-–—«»$+<=>^`|~_0½²éÉßЖ漢ا١\u00a0\u2003\t\n😀𝐚";
        string[] runes = [.. Letters.EnumerateRunes().Select(rune => rune.ToString())];
        string[] texts = [.. Enumerable.Range(0, 3000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => runes[random.Next(runes.Length)])))];
        const string Script =
            """
            import json, re, string, sys
            for line in sys.stdin:
                text = json.loads(line).lower()
                text = ''.join(c for c in text if c not in set(string.punctuation))
                print(json.dumps(re.sub(r'\b(a|an|the)\b', ' ', text).split()))
            """;
        var start = new ProcessStartInfo("python3") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(Script);
        using var python = Start(start);
        var reading = python.StandardOutput.ReadToEndAsync();
        foreach (string text in texts) python.StandardInput.WriteLine(JsonSerializer.Serialize(text));
        python.StandardInput.Close();
        string[][] expected = [.. reading.GetAwaiter().GetResult().Trim().Split('\n').Select(line => JsonSerializer.Deserialize<string[]>(line)!)];
        Assert.Equal(texts.Length, expected.Length);
        foreach (var (text, words) in texts.Zip(expected)) Assert.True(words.SequenceEqual(AnswerText.Words(text)), JsonSerializer.Serialize(text));
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "python3 is not installed");
            throw;
        }
    }
}
