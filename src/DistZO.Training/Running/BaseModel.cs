using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>Makes sure that a ledger is folded over the base model that it was made on, before anything is computed.</summary>
public static class BaseModel
{
    /// <summary>The digest of a checkpoint's logical tensors, hexadecimal, as it stands in identities.</summary>
    public static string Digest(Checkpoint checkpoint) =>
        Convert.ToHexStringLower(CheckpointDigest.Compute(checkpoint.Tensors, Environment.ProcessorCount));

    /// <summary>Throws <see cref="BadInputException"/>, naming what differs, unless the checkpoint is the run's base.</summary>
    public static void Require(LedgerContents ledger, Checkpoint checkpoint)
    {
        RequireKnown(ledger.Path, ledger.Header.Identity);
        Require(ledger, checkpoint.Directory, Digest(checkpoint), TrainedParts.Of(ledger.Header.Identity.Recipe, checkpoint));
    }

    /// <summary>As above, for a base that is described already.</summary>
    /// <param name="ledger">The run.</param>
    /// <param name="directory">Where the base lies, for the message.</param>
    /// <param name="digest">Its <see cref="Digest"/>.</param>
    /// <param name="part">What of it is trained.</param>
    public static void Require(LedgerContents ledger, string directory, string digest, ModelPart part)
    {
        var recorded = ledger.Header.Identity;
        RequireKnown(ledger.Path, recorded);
        var (layout, frozen) = TrainedParts.Layouts(part);
        var differences = IdentityDifferences.Between(recorded, recorded.OnBase(digest, layout, frozen));
        if (differences.Count == 0) return;
        var then = ledger.Header.Recipe.Get(RecipeKeys.Model) is { } path ? $" (then at '{path}')" : "";
        throw new BadInputException(
            $"'{directory}' is not the base model of {ledger.Path}: {string.Join("; ", differences)} "
            + $"(digest {digest[..16]}…, the run has {recorded.BaseDigest[..Math.Min(16, recorded.BaseDigest.Length)]}…); "
            + $"give the model that the run started from{then} with --model");
    }

    private static void RequireKnown(string path, RunIdentity identity)
    {
        if (identity.Perturbation != RunIdentity.PerturbationVersion)
        {
            throw new BadInputException(
                $"{path}: its perturbations are {identity.Perturbation}, and this distzo makes {RunIdentity.PerturbationVersion}; "
                + "use a newer one");
        }
    }
}
