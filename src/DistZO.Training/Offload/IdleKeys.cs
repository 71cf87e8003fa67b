using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Keys of where weights are that say nothing beside the others: to be told, since whoever set them meant something.</summary>
public static class IdleKeys
{
    /// <summary>One line for people; null if each key has its effect.</summary>
    /// <param name="recipe">What the user wants.</param>
    /// <param name="placed">Where the layers are then.</param>
    public static string? Notice(Recipe recipe, OffloadTier placed)
    {
        var said = recipe.Get(RecipeKeys.Offload);
        var (isWritten, isKept) = (recipe.Get(RecipeKeys.WriteBackSteps) is not null, placed is OffloadTier.None or OffloadTier.Shard);
        // Without a tier the budgets choose one, and the folder is for when it is the disk.
        RecipeKey[] idle =
        [
            .. isKept && isWritten ? [RecipeKeys.WriteBackSteps] : (RecipeKey[])[],
            .. said is not (null or OffloadTier.Host) && recipe.Get(RecipeKeys.HostMemory) is not null ? [RecipeKeys.HostMemory] : (RecipeKey[])[],
            .. said is not (null or OffloadTier.Disk) && recipe.Get(RecipeKeys.OffloadDir) is not null ? [RecipeKeys.OffloadDir] : (RecipeKey[])[],
            .. isKept && recipe.Get(RecipeKeys.FoldOn) == FoldPlace.Host ? [RecipeKeys.FoldOn] : (RecipeKey[])[],
        ];
        List<string> reasons = [];
        if (idle.Length > 0) reasons.Add(Of(idle, said is null ? "all layers stay on the device" : $"offload is {recipe.Text(RecipeKeys.Offload)}"));
        if (isWritten && placed == OffloadTier.Host && Folding.IsOnHost(recipe)) reasons.Add(Of([RecipeKeys.WriteBackSteps], "the host folds into its own memory"));
        return reasons.Count > 0 ? $"warning: {string.Join("; ", reasons)}" : null;
    }

    private static string Of(RecipeKey[] keys, string why) =>
        $"{string.Join(" and ", keys.Select(key => key.Name))} {(keys.Length == 1 ? "has" : "have")} no effect, since {why}";
}
