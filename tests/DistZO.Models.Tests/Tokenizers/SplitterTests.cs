using System.Text.RegularExpressions;
using DistZO.Models.Tokenizers;

namespace DistZO.Models.Tests.Tokenizers;

public class SplitterTests
{
    public static string[] Patterns { get; } =
        [Gpt2Splitter.Pattern, Gpt2Splitter.ShortPattern, Llama3Splitter.Llama3Pattern, Llama3Splitter.QwenPattern];

    [Theory]
    [InlineData("we'll it's  'S\n\n x1234é", "we|'ll| it|'s| | '|S|\n\n| x|1234|é")]
    [InlineData("tail  ", "tail|  ")]
    [InlineData("a \u00A0b!? '", "a| |\u00A0|b|!?| '")]
    [InlineData("\U0001D400b \U00010400", "\U0001D400b| \U00010400")]
    public void Gpt2Splitter_Text_CutsAsThePattern(string text, string words) =>
        Assert.Equal(words.Split('|'), Words(new Gpt2Splitter(), text));

    [Theory]
    [InlineData("we'LL it'ſ 12345 \tx", "we|'LL| it|'ſ| |123|45| |\tx")]
    [InlineData(" \n \n  a", " \n \n| | a")]
    [InlineData("!!\r\n\nb -c\u00A0d", "!!\r\n\n|b| -|c|\u00A0d")]
    public void Llama3Splitter_Text_CutsAsThePattern(string text, string words) =>
        Assert.Equal(words.Split('|'), Words(new Llama3Splitter(maxDigits: 3), text));

    [Fact]
    public void QwenSplitter_Digits_StandAlone() =>
        Assert.Equal(["a", "1", "2", " ", "3"], Words(new Llama3Splitter(maxDigits: 1), "a12 3"));

    /// <summary>
    /// In the basic plane .NET's regular expressions know the same classes, so they are an independent second opinion there.
    /// </summary>
    [Fact]
    public void Splitters_RandomBasicPlaneText_EqualTheRegularExpression()
    {
        (WordSplitter, string)[] splitters =
        [
            (new Gpt2Splitter(), Gpt2Splitter.Pattern),
            (new Gpt2Splitter(), Gpt2Splitter.ShortPattern),
            (new Llama3Splitter(maxDigits: 3), Llama3Splitter.Llama3Pattern),
            (new Llama3Splitter(maxDigits: 1), Llama3Splitter.QwenPattern),
        ];
        var random = new Random(11);
        foreach (var (splitter, pattern) in splitters)
        {
            var regex = new Regex(pattern, RegexOptions.CultureInvariant);
            for (int i = 0; i < 2_000; i++)
            {
                // .NET folds no long s.
                string text = string.Concat(RandomText.Next(random).Where(c => !char.IsSurrogate(c) && c != '\u017F'));
                Assert.Equal(regex.Matches(text).Select(m => m.Value), Words(splitter, text));
            }
        }
    }

    private static List<string> Words(WordSplitter splitter, string text)
    {
        var words = new List<string>();
        for (int start = 0, end; start < text.Length; start = end)
        {
            end = splitter.WordEnd(text, start);
            words.Add(text[start..end]);
        }

        return words;
    }
}
