using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Worker;

/// <summary>Model and data of a run, opened, and the weights at whatever step they are at.</summary>
internal sealed class OpenedRun : IDisposable
{
    private readonly WorkerOptions _options;
    private readonly SnapshotStore? _snapshots;
    private readonly Weights _weights;
    private readonly TextScoring? _scoring;
    private readonly double _zSeconds;

    /// <summary>Where the weights were on another way than the one followed now: the step and its chain hash.</summary>
    private (int Step, ChainHash Chain)? _claim;

    public OpenedRun(RunInputs inputs, WorkerOptions options, ParentRun? parent, Action beforeBlock, Action whileWaiting, TimeProvider time)
    {
        (Inputs, _options) = (inputs, options);
        Identity = inputs.Identity(parent);
        History = new RunHistory(Identity.Start);
        inputs.Model.Follow(step => History.ChainAt(step).Value);
        var recipe = inputs.Recipe;
        if (options.Snapshots is { } folder) _snapshots = new SnapshotStore(folder, recipe.Get(RecipeKeys.SaveTotalLimit));
        _weights = new Weights(inputs.Model, inputs.Checkpoint, _snapshots);
        _scoring = TextScoring.Create(recipe, inputs.Model, inputs.Checkpoint, History.Updates, options.AllowsCommand, beforeBlock, whileWaiting);
        Steps = new LocalSteps(recipe, inputs.Train.Examples, ShareExecutors.Create(inputs, History.Updates, _scoring, beforeBlock));
        Evaluator = new Evaluator(inputs.Model, History.Updates, _scoring, beforeBlock);
        // Weights that are stored already need no snapshots.
        SaveInterval = recipe.Get(RecipeKeys.SaveSteps) ?? (inputs.Model.IsStored ? int.MaxValue : SnapshotStore.AutomaticInterval(inputs.Model.TrainedCount));
        Forecast = new RunForecast(inputs, options, SaveInterval, recipe.Get(RecipeKeys.EvalSteps) ?? MaxSteps, time);
        _zSeconds = PerturbationSpeed.Measure(inputs.Model.Device, inputs.Model.TrainedCount, WeightType.Float32, time);
        if (options.Output is { } output) CheckpointWriter.RequirePlace(inputs.Checkpoint, output.Path);
    }

    public RunInputs Inputs { get; }

    public RunIdentity Identity { get; }

    /// <summary>The records that were sent.</summary>
    public RunHistory History { get; }

    public LocalSteps Steps { get; }

    public Evaluator Evaluator { get; }

    public RunForecast Forecast { get; }

    /// <summary>Whether held-out rows are being evaluated.</summary>
    public bool IsEvaluating { get; set; }

    public int MaxSteps => Inputs.Recipe.Get(RecipeKeys.MaxSteps);

    /// <summary>The step that all weights are folded to.</summary>
    public int FoldedStep => _weights.Step;

    private int SaveInterval { get; }

    /// <summary>The run of a coordinator, which may be another one than before.</summary>
    /// <exception cref="BadInputException">The recipe is not the one that this worker was opened with.</exception>
    public void Follow(Welcome welcome)
    {
        var recipe = welcome.Recipe.Resolve(Inputs.Train.Examples.Count);
        var differences = IdentityDifferences.Between(Identity, Identity.WithRecipe(recipe).WithParent(welcome.Parent));
        if (differences.Count == 0) return;
        throw new RunFailedException(
            $"the coordinator has another run now: {string.Join("; ", differences)}; start this worker again to join it");
    }

    /// <summary>What the worker is.</summary>
    public Ready Introduce() => new(
        Identity.Canonical,
        History.Steps,
        History.Chain,
        Inputs.Evaluation is { } rows ? new EvaluationRows(Convert.ToHexStringLower(rows.Digest()), rows.Examples.Count, rows.Labels) : null,
        _zSeconds,
        Inputs.Model.ParameterCount,
        Inputs.Model.Bytes,
        Inputs.Slots.Models.Count == 1 ? Inputs.Device.Description : $"{Inputs.Slots.Models.Count} slots: {Inputs.Device.Description}",
        Inputs.Recipe.Get(RecipeKeys.Threads) ?? Environment.ProcessorCount,
        _options.Output is not null);

    /// <summary>Takes records. Records that begin further back than what is known replace it.</summary>
    public void Take(Records records)
    {
        if (records.FirstStep != History.Steps)
        {
            if (records.FirstStep != 0) throw new RunFailedException($"the coordinator sent records from step {records.FirstStep} on after {History.Steps}");
            var deepest = Inputs.Model.Parameters.Max(parameter => parameter.FoldedTo);
            // What is stored may be further than any record that came; it is looked at before it is used.
            if (deepest <= History.Steps) _claim ??= (deepest, History.ChainAt(deepest));
            History.Reset();
        }

        foreach (var payload in records.Payloads) Append(payload);
    }

    /// <summary>Takes one record.</summary>
    public void Append(ReadOnlyMemory<byte> payload)
    {
        try
        {
            History.Append(payload.Span);
        }
        catch (Exception e) when (e is FormatException or NotSupportedException)
        {
            throw new RunFailedException($"the coordinator sent a record that cannot be read: {e.Message}; run the same version of distzo on both", e);
        }
    }

    /// <summary>Folds so much that a pass at a step may fold the rest.</summary>
    public void Approach(int step, Action<string> notice)
    {
        LeaveOtherWays(notice);
        if (step - FoldedStep > RunHistory.MostPending || Inputs.Model.Parameters.Any(parameter => parameter.FoldedTo > step)) MoveTo(step, notice, null);
    }

    /// <summary>Brings all weights to a step.</summary>
    public void MoveTo(int step, Action<string> notice, Action<int>? progress)
    {
        LeaveOtherWays(notice);
        _weights.MoveTo(History, step, notice, progress);
    }

    /// <summary>Puts the base back: the weights cannot be trusted. Snapshots of later steps than the last that was agreed on go.</summary>
    public void StartAgain(int lastAgreedStep)
    {
        if (_options.SavesSnapshots) _snapshots?.DeleteAfter(lastAgreedStep);
        else _snapshots?.DistrustAfter(lastAgreedStep);
        _weights.ReloadBase();
    }

    /// <summary>Whether the weights at a step are to be kept in a snapshot.</summary>
    public bool IsSnapshotDue(int step) => _snapshots is not null && _options.SavesSnapshots && step % SaveInterval == 0 && step < MaxSteps;

    /// <summary>Writes a snapshot of the weights now.</summary>
    public void Save(Action<string> notice)
    {
        MoveTo(History.Steps, notice, null);
        _snapshots!.Save(Inputs.Model, History.Steps, History.Chain);
    }

    /// <summary>Writes the Hugging Face directory of a step, unless it stands there already.</summary>
    public void Export(int step, Action<string> notice)
    {
        var directory = _options.Output!;
        var saveType = Inputs.Recipe.Get(RecipeKeys.SaveDtype);
        var chain = History.ChainAt(step);
        if (ModelExport.IsDone(directory, step, chain, saveType)) return;
        MoveTo(step, notice, null);
        ModelExport.Unmark(directory);
        if (Inputs.Model.Initial.Digest is not null) InitialValuesFile.Write(Inputs.Model, directory.InitialValues);
        ModelExport.Write(Inputs.Model, Inputs.Checkpoint, directory.Path, saveType);
        ModelExport.MarkDone(directory, step, chain, saveType);
    }

    public void Dispose()
    {
        _scoring?.Dispose();
        Inputs.Dispose();
    }

    private void LeaveOtherWays(Action<string> notice)
    {
        _weights.Recognize(History, notice);
        if (_claim is not { } claim) return;
        _claim = null;
        if (!History.IsPrefix(claim.Step, claim.Chain)) _weights.ReloadBase();
    }
}
