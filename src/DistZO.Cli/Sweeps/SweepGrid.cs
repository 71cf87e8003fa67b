using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Cli.Sweeps;

/// <summary>The values that are tried: every combination of the lists that were given.</summary>
internal static class SweepGrid
{
    /// <summary>More than this is a mistake in a list.</summary>
    private const int Most = 1000;

    /// <summary>The keys that may have lists of values: what a run's success depends on.</summary>
    public static IReadOnlyList<RecipeKey> Keys { get; } =
    [
        RecipeKeys.LearningRate, RecipeKeys.ZoEps, RecipeKeys.NumDirections, RecipeKeys.BatchSize, RecipeKeys.WeightDecay, RecipeKeys.LoraR,
        RecipeKeys.NumVirtualTokens, RecipeKeys.Seed,
    ];

    /// <summary>All combinations, the last list changing fastest.</summary>
    /// <param name="lists">Keys and their values, separated by commas.</param>
    /// <exception cref="BadInputException">A list is empty, holds a value twice, or there are too many combinations.</exception>
    public static IReadOnlyList<IReadOnlyList<(string Key, string Value)>> Of(IReadOnlyList<(RecipeKey Key, string Values)> lists)
    {
        IEnumerable<IReadOnlyList<(string, string)>> combinations = [[]];
        var count = 1L;
        foreach (var (key, text) in lists)
        {
            var values = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var flag = $"--{key.Name.Replace('_', '-')}";
            if (values.Length == 0) throw new BadInputException($"{flag}: '{text}' holds no value; give some, such as 1e-6,3e-6");
            if (Repeated(key, values) is var (first, second)) throw new BadInputException($"{flag}: {first} and {second} are the same; give each value once");
            if ((count *= values.Length) > Most) throw new BadInputException($"{flag}: that makes more than {Most} runs; give fewer values");
            combinations = [.. from before in combinations from value in values select (IReadOnlyList<(string, string)>)[.. before, (key.Name, value)]];
        }

        return [.. combinations];
    }

    /// <summary>Two ways to write one value; null if all differ.</summary>
    private static (string First, string Second)? Repeated(RecipeKey key, string[] values)
    {
        var seen = new Dictionary<string, string>();
        foreach (var value in values)
        {
            var meaning = Recipe.Default.WithFlags([(key.Name, value)]).ToJson();
            if (!seen.TryAdd(meaning, value)) return (seen[meaning], value);
        }

        return null;
    }
}
