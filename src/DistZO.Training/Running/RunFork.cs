using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>Starts a run at a step of another one: its ledger begins with the parent's payloads, under an identity of its own.</summary>
public static class RunFork
{
    /// <summary>
    /// Makes the fork's ledger, durably. Where the directory holds this fork already nothing is done, so that the same command goes on.
    /// </summary>
    /// <param name="parent">The ledger that is forked.</param>
    /// <param name="step">K: how many of its steps are kept.</param>
    /// <param name="inputs">Base model, data and recipe of the fork.</param>
    /// <param name="directory">Where the fork goes.</param>
    /// <exception cref="BadInputException">
    /// The step is beyond the parent's end, the base is another or something that <see cref="RequireKept"/> names, max_steps leaves nothing to
    /// do, or the place holds another run.
    /// </exception>
    public static void Create(LedgerContents parent, int step, RunInputs inputs, RunDirectory directory)
    {
        var origin = parent.ParentAt(step);
        if (File.Exists(directory.Ledger))
        {
            RequireSameFork(directory.Ledger, origin);
            return;
        }

        Require(parent, step, inputs);
        CheckpointWriter.RequirePlace(inputs.Checkpoint, directory.Path);
        Ledger.Fork(parent, step, new LedgerHeader(inputs.Identity(origin), inputs.Recipe), directory.Ledger);
    }

    /// <summary>
    /// Refuses a recipe under which the parent's steps would lead to other weights: a fork keeps the trained part, its format, and what its
    /// tensors start from.
    /// </summary>
    /// <exception cref="BadInputException">The recipe changes one of these; the message names it.</exception>
    public static void RequireKept(LedgerContents parent, Recipe recipe)
    {
        var (held, asked) = (parent.Header.Identity.Recipe.Canonical(), recipe.Canonical());
        Require(RecipeKeys.Train, "the parent's steps are steps of its trained tensors; to train others, start a new run on its model with 'distzo train'");
        foreach (var key in TrainedPartKeys.All) Require(key, "the parent's steps are steps of the tensors that it describes");
        Require(RecipeKeys.WeightsDtype, "the parent's steps lead to other weights in another format");
        var part = held.Get(RecipeKeys.Train) ?? default;
        if (part.Kind is TrainedPartKind.Lora or TrainedPartKind.Prefix or TrainedPartKind.Prompt)
            Require(RecipeKeys.Seed, $"what the tensors of train: {part} start from depends on it");

        void Require(RecipeKey key, string reason)
        {
            var (then, now) = (held.TextOf(key), asked.TextOf(key));
            if (then != now) throw new BadInputException($"{key.Name} is {now}, and {parent.Path} has {then}; a fork keeps it, since {reason}");
        }
    }

    private static void RequireSameFork(string ledger, ParentRun origin)
    {
        using var existing = LedgerReader.Open(ledger);
        if (existing.Header.Identity.Parent == origin) return;
        throw new BadInputException($"'{ledger}' exists already and is another run; choose another --output");
    }

    private static void Require(LedgerContents parent, int step, RunInputs inputs)
    {
        RequireKept(parent, inputs.Recipe);
        var current = inputs.Identity(parent: null);
        BaseModel.Require(parent, inputs.Checkpoint.Directory, current.BaseDigest, inputs.Model.Part);
        if (inputs.Recipe.Get(RecipeKeys.MaxSteps) is var last && last <= step)
        {
            throw new BadInputException(
                $"max_steps is {last}, and the fork begins at step {step}; "
                + "it counts the parent's steps too, so give more with --max-steps");
        }
    }
}
