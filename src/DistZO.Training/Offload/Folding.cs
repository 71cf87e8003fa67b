using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>What folds commits into layers that do not stay on the device.</summary>
public static class Folding
{
    /// <summary>Whether the host does it, where it can: in a run whose layers are in its memory, or come through it from disk.</summary>
    public static bool IsOnHost(Recipe recipe, OffloadTier placed) => placed is OffloadTier.Host or OffloadTier.Disk && IsOnHost(recipe);

    /// <summary>Whether the host does it wherever it can: as the recipe says, or else if what it then uploads is rounded.</summary>
    public static bool IsOnHost(Recipe recipe) =>
        recipe.Get(RecipeKeys.FoldOn) is { } place ? place == FoldPlace.Host : recipe.Get(RecipeKeys.TransferDtype) is not null;
}
