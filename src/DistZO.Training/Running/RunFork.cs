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
    /// The step is beyond the parent's end, the base or the weights' format is another, max_steps leaves nothing to do, or the place
    /// holds another run.
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

    private static void RequireSameFork(string ledger, ParentRun origin)
    {
        using var existing = LedgerReader.Open(ledger);
        if (existing.Header.Identity.Parent == origin) return;
        throw new BadInputException($"'{ledger}' exists already and is another run; choose another --output");
    }

    private static void Require(LedgerContents parent, int step, RunInputs inputs)
    {
        var current = inputs.Identity(parent: null);
        BaseModel.Require(parent, inputs.Checkpoint.Directory, current.BaseDigest, inputs.Model.Part);
        var (held, asked) = (parent.Header.Identity.Recipe.Get(RecipeKeys.WeightsDtype), inputs.Recipe.Get(RecipeKeys.WeightsDtype));
        if (held != asked)
        {
            throw new BadInputException(
                $"weights_dtype is {asked.Name()}, and {parent.Path} has {held.Name()}; a fork keeps it, since the parent's steps "
                + "lead to other weights in another format");
        }

        if (inputs.Recipe.Get(RecipeKeys.MaxSteps) is var last && last <= step)
        {
            throw new BadInputException(
                $"max_steps is {last}, and the fork begins at step {step}; "
                + "it counts the parent's steps too, so give more with --max-steps");
        }
    }
}
