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
    /// <summary>Weights × steps of one pass: a few seconds.</summary>
    private const long UpdatesPerPass = 4_000_000_000;

    private const int FewestStepsPerPass = 16;

    private readonly Model _model;
    private readonly Checkpoint _base;
    private readonly SnapshotStore? _snapshots;
    private bool _isRecognized;

    /// <param name="model">Holds the base weights.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="snapshots">Shortcuts; may be null.</param>
    public Weights(Model model, Checkpoint checkpoint, SnapshotStore? snapshots) =>
        (_model, _base, _snapshots) = (model, checkpoint, snapshots);

    /// <summary>The step that all trained tensors are folded to; the others lack nothing.</summary>
    public int Step => _model.Trained.Any() ? _model.Trained.Min(p => p.FoldedTo) : 0;

    /// <summary>
    /// Brings the weights to a step of a ledger. Going back starts again from a snapshot or the base, since updates are not undone:
    /// subtracting them would not give the same bits.
    /// </summary>
    /// <param name="history">The run.</param>
    /// <param name="step">The step wanted.</param>
    /// <param name="notice">Receives a line for each snapshot that cannot be used, and for stored layers that are not as they should be.</param>
    /// <param name="progress">Receives the step reached now and then; may be null.</param>
    /// <returns>The step that the replay started from.</returns>
    public int MoveTo(RunHistory history, int step, Action<string> notice, Action<int>? progress = null)
    {
        Recognize(history, notice);
        if (_model.Parameters.Any(p => p.FoldedTo > step)) ReloadBase();
        var from = Step;
        if (from == 0 && _snapshots is not null) from = _snapshots.Restore(_model, history, step, ReloadBase, notice);

        // One pass over the weights takes many steps, which costs the same as all of them at once, and lets the user see it move.
        var stepsPerPass = (int)Math.Clamp(UpdatesPerPass / Math.Max(1, _model.TrainedCount), FewestStepsPerPass, int.MaxValue);
        for (var at = from; at < step;)
        {
            at = (int)Math.Min(step, (long)at + stepsPerPass);
            _model.Fold(history.Updates, at);
            progress?.Invoke(at);
        }

        return from;
    }

    /// <summary>
    /// What an earlier start left on disk is only this run's if its ledger has been there. Of each block the newest version is taken that
    /// is; if one has none, the base is put back. Called before anything is folded; looks once.
    /// </summary>
    public void Recognize(RunHistory history, Action<string> notice)
    {
        if (_isRecognized) return;
        _isRecognized = true;
        switch (_model.Recall(version => version == default || history.IsPrefix(version.Step, new ChainHash(version.Chain))))
        {
            case Recalled.Older:
                notice("the stored layers have been further than this ledger; it goes on from what they held before");
                break;
            case Recalled.Nothing:
                notice("the stored layers are those of another run; they start from the base");
                ReloadBase();
                break;
        }
    }

    /// <summary>Puts the base weights back.</summary>
    public void ReloadBase() => ModelLoader.Reload(_model, _base);
}
