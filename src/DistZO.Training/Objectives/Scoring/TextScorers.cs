using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Makes the scorers that a recipe asks for.</summary>
public static class TextScorers
{
    /// <summary>
    /// Refuses a recipe that would run a program where that is not allowed: recipes travel from machine to machine, and must not be a
    /// way to run programs on them. Call it before anything else is done for the recipe.
    /// </summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="allowsCommand">Whether whoever started this process allows it (<c>--allow-command</c>).</param>
    public static void Require(Recipe recipe, bool allowsCommand)
    {
        if (allowsCommand || recipe.Get(RecipeKeys.Objective) is not { Kind: ObjectiveKind.Command } objective) return;
        throw new BadInputException(
            $"objective: it would run the program '{string.Join(' ', objective.Command)}' on this machine; allow that with --allow-command, if you trust the recipe");
    }

    /// <summary>A scorer for each of <see cref="Recipe.AnswerMetrics"/>; the caller owns them.</summary>
    /// <param name="recipe">Its objective, seed and scorer_timeout.</param>
    /// <param name="allowsCommand">As in <see cref="Require"/>.</param>
    /// <param name="whileWaiting">As in <see cref="CommandScorer"/>; may be null.</param>
    public static IReadOnlyList<ITextScorer> Create(Recipe recipe, bool allowsCommand, Action? whileWaiting = null)
    {
        Require(recipe, allowsCommand);
        return recipe.Get(RecipeKeys.Objective) is { Kind: ObjectiveKind.Command } objective
            ? [new CommandScorer(objective.Command, recipe.Get(RecipeKeys.Seed), TimeSpan.FromSeconds(recipe.Get(RecipeKeys.ScorerTimeout)), whileWaiting)]
            : [.. recipe.AnswerMetrics.Select(AnswerScorer.Of)];
    }
}
