using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Makes the scorer that a recipe's objective asks for.</summary>
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

    /// <summary>The scorer of an objective that scores text; the caller owns it.</summary>
    /// <param name="recipe">Its objective, seed and scorer_timeout.</param>
    /// <param name="allowsCommand">As in <see cref="Require"/>.</param>
    public static ITextScorer Create(Recipe recipe, bool allowsCommand)
    {
        Require(recipe, allowsCommand);
        return recipe.Get(RecipeKeys.Objective) switch
        {
            { Kind: ObjectiveKind.F1 } => new AnswerScorer(exact: false),
            { Kind: ObjectiveKind.ExactMatch } => new AnswerScorer(exact: true),
            { Kind: ObjectiveKind.Command } objective => new CommandScorer(
                objective.Command, recipe.Get(RecipeKeys.Seed), TimeSpan.FromSeconds(recipe.Get(RecipeKeys.ScorerTimeout))),
            _ => throw new ArgumentException("its objective scores no text", nameof(recipe)),
        };
    }
}
