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
        if (objective is not { ScoresText: true } && inputs.Slots.Models.Count > 1)
            return new SlotShareExecutor(inputs.Slots, updates, objective, inputs.Recipe.Get(RecipeKeys.Parallelism), beforeBlock);
        if (objective is not { ScoresText: true }) return new ShareExecutor(inputs.Model, updates, objective, beforeBlock);
        // How many passes writing takes depends on what is written, so it is not shared out: the first slot does it alone.
        var scorer = TextScorers.Create(inputs.Recipe, allowsCommand);
        try
        {
            var options = PromptOptions.Of(inputs.Recipe, inputs.Model.Architecture.MaxPositions);
            var generator = new ModelTextGenerator(inputs.Model, inputs.Checkpoint, updates, options.MaxNewTokens, scorer.StopAt, beforeBlock);
            return new WrittenShareExecutor(generator, scorer, TimeProvider.System);
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }
}
