namespace DistZO.Models.Tests.Tokenizers;

public class AddedTokenTests
{
    private const int T = TinyTokenizer.FirstAdded;

    [Theory]
    [InlineData("", "a <t> b", new[] { 'a', ' ', T, ' ', 'b' })]
    [InlineData("lstrip", "a  <t>  b", new[] { 'a', T, ' ', ' ', 'b' })]
    [InlineData("rstrip", "a \n<t>\t \u3000b", new[] { 'a', ' ', '\n', T, 'b' })]
    [InlineData("lstrip rstrip", " <t> <t>", new[] { T, T })]
    [InlineData("single_word", "a<t> <t>_", new int[] { 'a', '<', 't', '>', ' ', '<', 't', '>', '_' })]
    [InlineData("single_word", "<t>é -<t>- <t>", new[] { '<', 't', '>', 0xC3, 0xA9, ' ', '-', T, '-', ' ', T })]
    [InlineData("normalized special", "<t><t", new[] { T, '<', 't' })]
    public void AddedToken_Flags_DecideWhatItTakes(string flags, string text, int[] expected)
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.WithAdded(TinyTokenizer.Added(T, "<t>", flags)));

        Assert.Equal(expected, tokenizer.Encode(text));
    }

    [Fact]
    public void AddedToken_Overlaps_TheLeftmostThenTheLongestWins()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.WithAdded(
            TinyTokenizer.Added(T, "ab"), TinyTokenizer.Added(T + 1, "abc"), TinyTokenizer.Added(T + 2, "bcd")));

        Assert.Equal([T + 1, 'd'], tokenizer.Encode("abcd"));
        Assert.Equal([T, 'd', T + 2], tokenizer.Encode("abdbcd"));
    }

    [Fact]
    public void AddedToken_Raw_ComesBeforeNormalized()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.WithAdded(
            TinyTokenizer.Added(T, "ab", "normalized"), TinyTokenizer.Added(T + 1, "bc")));

        Assert.Equal(['a', T + 1, T], tokenizer.Encode("abcab"));
    }

    [Fact]
    public void AddedToken_SwallowedByTheOneBefore_GivesNoId()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.WithAdded(
            TinyTokenizer.Added(T, "\r\n", "rstrip"), TinyTokenizer.Added(T + 1, "\t", "lstrip"), TinyTokenizer.Added(T + 2, "\v")));

        Assert.Equal(['a', T, 'b'], tokenizer.Encode("a\r\n \t b"));
        Assert.Equal(['a', T, T + 2, ' ', 'b'], tokenizer.Encode("a\r\n \v b")); // without lstrip it reaches back
    }

    [Fact]
    public void AddedToken_KnownToTheModel_KeepsTheModelsId()
    {
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.WithAdded(TinyTokenizer.Added(TinyTokenizer.Hell, "hell")));

        Assert.Equal(['s', TinyTokenizer.Hell, 's'], tokenizer.Encode("shells"));
    }

    [Fact]
    public void AddedToken_DecodedText_IsBytesWhereItsLettersAre()
    {
        // The library decodes 'éa' as the bytes that the alphabet writes so, but 'é→' as itself.
        var tokenizer = TinyTokenizer.Load(TinyTokenizer.WithAdded(TinyTokenizer.Added(T, "éa"), TinyTokenizer.Added(T + 1, "é→")));

        Assert.Equal("\uFFFDa", tokenizer.Decode([T]));
        Assert.Equal("é→", tokenizer.Decode([T + 1]));
    }
}
