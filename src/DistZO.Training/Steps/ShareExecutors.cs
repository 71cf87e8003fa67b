using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Makes what evaluates the shares of a run.</summary>
public static class ShareExecutors
{
    /// <summary>The executor for a run's objective.</summary>
    /// <param name="inputs">Model, recipe, rows.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="scoring">What writes and scores answers, for an objective that scores text; not owned.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    public static IShareExecutor Create(RunInputs inputs, UpdateHistory updates, TextScoring? scoring, Action? beforeBlock = null)
    {
        var objective = inputs.Recipe.Get(RecipeKeys.Objective);
        // How many passes writing takes depends on what is written, so it is not shared out: the first slot does it alone.
        if (objective is { ScoresText: true }) return new WrittenShareExecutor(scoring!.Generator, scoring.ScorerOf(objective), TimeProvider.System);
        return inputs.Slots.AreShared
            ? new SlotShareExecutor(inputs.Slots, updates, objective, inputs.Recipe.Get(RecipeKeys.Parallelism), beforeBlock)
            : new ShareExecutor(inputs.Model, updates, objective, beforeBlock);
    }
}
