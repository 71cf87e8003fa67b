namespace DistZO.Optimization;

/// <summary>Finds the name that a mistyped one was meant to be.</summary>
public static class Spelling
{
    private const int LongestWord = 100;

    /// <summary>The name nearest to <paramref name="wrong"/>; null if nothing is near.</summary>
    public static string? Nearest(string wrong, IEnumerable<string> names)
    {
        if (wrong.Length > LongestWord) return null;
        var (nearest, distance) = names.Select(name => (name, Edits(wrong, name))).DefaultIfEmpty(("", int.MaxValue)).MinBy(pair => pair.Item2);
        return distance <= Math.Max(1, nearest.Length / 2) ? nearest : null;
    }

    /// <summary>The Levenshtein distance: insertions, deletions and substitutions that turn one word into the other.</summary>
    private static int Edits(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
