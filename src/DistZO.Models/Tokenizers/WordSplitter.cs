namespace DistZO.Models.Tokenizers;

/// <summary>
/// Cuts a text into the words that are encoded one by one. A splitter is a regular expression of the Hugging Face library as a
/// hand-written scanner: .NET's <c>\p{L}</c> sees UTF-16 units and so misses letters outside the basic plane.
/// </summary>
internal abstract class WordSplitter
{
    /// <summary>
    /// The end of the word that begins at <paramref name="start"/> (&lt; length) of well-formed UTF-16. Each of these patterns matches
    /// something at every position, so the words cover the text.
    /// </summary>
    public abstract int WordEnd(ReadOnlySpan<char> text, int start);

    /// <summary>The last two alternatives of all the patterns, <c>\s+(?!\S)|\s+</c>, for white space from start to end.</summary>
    protected static int LeaveLastSpace(ReadOnlySpan<char> text, int start, int end) =>
        end < text.Length && end - start > 1 ? end - 1 : end;
}
