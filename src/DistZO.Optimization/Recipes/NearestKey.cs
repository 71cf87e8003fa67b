namespace DistZO.Optimization;

/// <summary>Finds the key that a mistyped one was meant to be.</summary>
internal static class NearestKey
{
    /// <summary>The name or alias nearest to <paramref name="wrong"/>; null if nothing is near.</summary>
    public static string? To(string wrong)
    {
        if (wrong.Length > 100) return null;
        var wanted = wrong.Replace('-', '_').ToLowerInvariant();
        var names = RecipeKeys.All.SelectMany(key => key.Aliases.Prepend(key.Name)).ToList();

        // "per_device_train_batch_size" was meant to be "batch_size", though most of it would have to go.
        var held = names.Where(n => n.Length >= 5 && wanted.Contains(n, StringComparison.Ordinal)).MaxBy(n => n.Length);
        if (held is not null) return held;

        var (nearest, distance) = names.Select(n => (n, Edits(wanted, n))).MinBy(pair => pair.Item2);
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
