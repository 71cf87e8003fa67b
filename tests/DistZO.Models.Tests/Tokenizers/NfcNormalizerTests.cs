using DistZO.Models.Tokenizers;

namespace DistZO.Models.Tests.Tokenizers;

public class NfcNormalizerTests
{
    private readonly NfcNormalizer _normalizer = new();

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("e\u0301", "\u00E9")]
    [InlineData("\u212B", "\u00C5")] // a singleton
    [InlineData("\u0041\u030A\u0301", "\u01FA")] // in two steps
    [InlineData("a\u0301\u0323", "\u1EA1\u0301")] // the mark below goes first
    [InlineData("a\u0301\u0300", "\u00E1\u0300")] // equal classes block
    [InlineData("\u0301a", "\u0301a")] // nothing to combine with
    [InlineData("\u0344", "\u0308\u0301")] // decomposes into marks only
    [InlineData("\u0958", "\u0915\u093C")] // excluded from composition
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("\uD558\u11AB", "\uD55C")]
    [InlineData("\uD558\u11A7", "\uD558\u11A7")] // no tail
    [InlineData("\uD55C\u11AB", "\uD55C\u11AB")] // has its tail already
    [InlineData("\U0001D15E", "\U0001D157\U0001D165")]
    [InlineData("\U00011131\U00011127", "\U0001112E")]
    [InlineData("\U00011935\U00011930", "\U00011935\U00011930")] // composes since Unicode 13 only
    public void Normalize_Text_IsItsNormalForm(string text, string expected) => Assert.Equal(expected, _normalizer.Normalize(text));

    [Fact]
    public void Normalize_Twice_ChangesNothingMore()
    {
        var random = new Random(9);
        for (int i = 0; i < 2_000; i++)
        {
            string once = _normalizer.Normalize(RandomText.Next(random));
            Assert.Equal(once, _normalizer.Normalize(once));
        }
    }

    [Fact]
    public void Normalize_ManyMarks_SortsThemStably()
    {
        string marks = string.Concat(Enumerable.Repeat("\u0301\u0323\u0302", 1_000));
        string expected = "\u1E0D" + new string('\u0323', 999) + string.Concat(Enumerable.Repeat("\u0301\u0302", 1_000));
        Assert.Equal(expected, _normalizer.Normalize("d" + marks));
    }
}
