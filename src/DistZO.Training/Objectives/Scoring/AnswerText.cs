using System.Text;

namespace DistZO.Training;

/// <summary>
/// How well a written answer fits the right ones, as SQuAD's evaluation and MeZO's code do it (Rajpurkar et al., EMNLP 2016, section
/// 6.1): in lower case, without ASCII punctuation, without the words a, an and the, split at white space. Several right answers count
/// by the best of them.
/// </summary>
public static class AnswerText
{
    private static readonly string[] Articles = ["a", "an", "the"];

    /// <summary>What stands for "there is none" among right answers: nothing but itself fits, and not in part.</summary>
    private static readonly string[] NoAnswer = ["CANNOTANSWER", "no answer"];

    /// <summary>
    /// The words that are compared. Letters change case one by one, as Unicode's simple mapping has them, which does not depend on the
    /// machine's culture or data.
    /// </summary>
    public static string[] Words(string text)
    {
        var kept = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsPunctuation(rune)) continue;
            kept.Append(Rune.ToLowerInvariant(rune).ToString());
        }
        return [.. WithoutArticles(kept.ToString()).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)];
    }

    /// <summary>Whether the words are those of a right answer, in their order.</summary>
    public static bool IsExact(string answer, IReadOnlyList<string> right)
    {
        string[] words = Words(answer);
        return right.Any(one => Words(one).SequenceEqual(words));
    }

    /// <summary>
    /// The harmonic mean of precision and recall of the words, counted as often as they occur, in [0, 1]; 0 if none is shared.
    /// </summary>
    public static double F1(string answer, IReadOnlyList<string> right)
    {
        if (NoAnswer.Contains(right[0])) return IsExact(answer, [right[0]]) ? 1 : 0;
        string[] words = Words(answer);
        return right.Max(one => F1(words, Words(one)));
    }

    private static double F1(string[] answer, string[] right)
    {
        var counts = new Dictionary<string, int>();
        foreach (string word in right) counts[word] = counts.GetValueOrDefault(word) + 1;
        int same = 0;
        foreach (string word in answer)
        {
            if (!counts.TryGetValue(word, out int left) || left == 0) continue;
            counts[word] = left - 1;
            same++;
        }
        // 2·p·r / (p + r) with p = same / |answer| and r = same / |right|: one division, the same value.
        return same == 0 ? 0 : 2.0 * same / (answer.Length + right.Length);
    }

    /// <summary>Python's <c>\b(a|an|the)\b</c> replaced by a space: a boundary stands where word characters begin or end.</summary>
    private static string WithoutArticles(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length;)
        {
            int end = i;
            while (end < text.Length && IsWordCharacter(text, end)) end++;
            if (end == i)
            {
                result.Append(text[i++]);
                continue;
            }
            string word = text[i..end];
            result.Append(Articles.Contains(word) ? " " : word);
            i = end;
        }
        return result.ToString();
    }

    private static bool IsWordCharacter(string text, int at)
    {
        if (char.IsLowSurrogate(text[at]) && at > 0) at--;
        return Rune.TryGetRuneAt(text, at, out var rune) && (Rune.IsLetter(rune) || Rune.IsNumber(rune) || rune.Value == '_');
    }

    /// <summary>Python's <c>string.punctuation</c>: of ASCII all that is visible and neither letter nor digit.</summary>
    private static bool IsPunctuation(Rune rune) => rune.Value is > ' ' and < 0x7F && !char.IsAsciiLetterOrDigit((char)rune.Value);
}
