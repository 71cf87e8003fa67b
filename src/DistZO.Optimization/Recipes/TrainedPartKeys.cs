using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>The keys that belong to a trained part, and have no meaning with another.</summary>
public static class TrainedPartKeys
{
    private static readonly (RecipeKey Key, TrainedPartKind[] Parts)[] Owners =
    [
        (RecipeKeys.LoraR, [TrainedPartKind.Lora]),
        (RecipeKeys.LoraAlpha, [TrainedPartKind.Lora]),
        (RecipeKeys.LoraTargetModules, [TrainedPartKind.Lora]),
        (RecipeKeys.NumVirtualTokens, [TrainedPartKind.Prefix, TrainedPartKind.Prompt]),
    ];

    /// <summary>All of them.</summary>
    public static IEnumerable<RecipeKey> All => Owners.Select(owner => owner.Key);

    /// <summary>
    /// Throws <see cref="BadInputException"/> where a new run's recipe sets a key of another part than it trains, which would be ignored and yet
    /// make another run.
    /// </summary>
    public static void Require(Recipe recipe)
    {
        var part = recipe.Get(RecipeKeys.Train) ?? default;
        foreach (var (key, parts) in Owners)
        {
            if (recipe.JsonOf(key) is null || parts.Contains(part.Kind)) continue;
            throw new BadInputException(
                $"{key.Name} has no meaning with train: {part}; leave it away, or set train to {string.Join(" or ", parts.Select(kind => new TrainedPart(kind)))}");
        }
    }
}
