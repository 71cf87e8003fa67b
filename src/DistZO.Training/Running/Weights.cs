using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// The weights as what they are: a fold of a ledger over the base. Brings a model to any step of a ledger, from the newest snapshot
/// that helps.
/// </summary>
public sealed class Weights
{
    private readonly Model _model;
    private readonly Checkpoint _base;
    private readonly SnapshotStore? _snapshots;

    /// <param name="model">Holds the base weights.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="snapshots">Shortcuts; may be null.</param>
    public Weights(Model model, Checkpoint checkpoint, SnapshotStore? snapshots) => (_model, _base, _snapshots) = (model, checkpoint, snapshots);

    /// <summary>The step that all tensors are folded to.</summary>
    public int Step => _model.Parameters.Count == 0 ? 0 : _model.Parameters.Min(p => p.FoldedTo);

    /// <summary>
    /// Brings the weights to a step of a ledger. Going back starts again from a snapshot or the base, since updates are not undone:
    /// subtracting them would not give the same bits.
    /// </summary>
    /// <param name="ledger">The run.</param>
    /// <param name="updates">Its updates.</param>
    /// <param name="step">The step wanted.</param>
    /// <param name="notice">Receives a line for each snapshot that cannot be used.</param>
    /// <returns>The step that the replay started from.</returns>
    public int MoveTo(LedgerContents ledger, UpdateHistory updates, int step, Action<string> notice)
    {
        if (_model.Parameters.Any(p => p.FoldedTo > step)) ReloadBase();
        var from = Step;
        if (from == 0 && _snapshots is not null) from = _snapshots.Restore(_model, ledger, step, ReloadBase, notice);
        _model.Fold(updates, step);
        return from;
    }

    /// <summary>The updates of a ledger's records.</summary>
    public static UpdateHistory UpdatesOf(LedgerContents ledger)
    {
        var updates = new UpdateHistory();
        foreach (var record in ledger.Records) updates.Append(record.ToUpdate());
        return updates;
    }

    private void ReloadBase() => ModelLoader.Reload(_model, _base);
}
