using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Makes what evaluates the shares of a run.</summary>
public static class ShareExecutors
{
    /// <summary>The executor for a run's objective; the caller owns it.</summary>
    /// <param name="inputs">Model, recipe, rows.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="allowsCommand">As in <see cref="TextScorers.Require"/>.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    public static IShareExecutor Create(RunInputs inputs, UpdateHistory updates, bool allowsCommand, Action? beforeBlock = null)
    {
        var objective = inputs.Recipe.Get(RecipeKeys.Objective);
        if (objective is not { ScoresText: true }) return new ShareExecutor(inputs.Model, updates, objective, beforeBlock);
        var generator = Generator(objective);
        return new WrittenShareExecutor(generator, TextScorers.Create(inputs.Recipe, allowsCommand), TimeProvider.System);
    }

    /// <summary>Refuses a recipe whose objective this version cannot train. Call it before anything is opened.</summary>
    public static void Require(Recipe recipe)
    {
        if (recipe.Get(RecipeKeys.Objective) is { ScoresText: true } objective) Generator(objective);
    }

    private static ITextGenerator Generator(RecipeObjective objective) => throw new BadInputException(
        $"objective: {objective.Word} scores what the model writes, and this version trains without writing; use choice, answer or accuracy");
}
