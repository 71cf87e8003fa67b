namespace DistZO.Models.Tokenizers;

/// <summary>Words begin at a mark.</summary>
/// <param name="mark">Such as U+2581, which stands for a space.</param>
/// <param name="wholeRuns">Whether only the first of several marks in a row begins a word, and not each of them.</param>
internal sealed class MarkSplitter(char mark, bool wholeRuns) : WordSplitter
{
    /// <summary>
    /// Cuts a text without a pre-tokenizer at its spaces, so that words can be found in the cache. It changes no id if each merge keeps
    /// words apart and the mark is a symbol of its own: then nothing on one side of a cut has to do with the other.
    /// </summary>
    public static WordSplitter? Of(BpeModel model, CharacterSymbols symbols) =>
        model.Merges.KeepsWordsApart && !model.IgnoreMerges && symbols.Knows(MergeTable.WordMark)
            ? new MarkSplitter(MergeTable.WordMark, wholeRuns: true)
            : null;

    public override int WordEnd(ReadOnlySpan<char> text, int start)
    {
        int at = start + 1;
        if (wholeRuns)
        {
            while (at < text.Length && text[at] == mark) at++;
        }

        int next = text[at..].IndexOf(mark);
        return next < 0 ? text.Length : at + next;
    }
}
