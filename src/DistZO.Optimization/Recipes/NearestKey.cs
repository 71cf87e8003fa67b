namespace DistZO.Optimization;

/// <summary>Finds the recipe key that a mistyped one was meant to be.</summary>
internal static class NearestKey
{
    /// <summary>The name or alias nearest to <paramref name="wrong"/>; null if nothing is near.</summary>
    public static string? To(string wrong)
    {
        var wanted = wrong.Replace('-', '_').ToLowerInvariant();
        var names = RecipeKeys.All.SelectMany(key => key.Aliases.Prepend(key.Name)).ToList();

        // "per_device_train_batch_size" was meant to be "batch_size", though most of it would have to go.
        var held = names.Where(n => n.Length >= 5 && wanted.Contains(n, StringComparison.Ordinal)).MaxBy(n => n.Length);
        return held ?? Spelling.Nearest(wanted, names);
    }
}
