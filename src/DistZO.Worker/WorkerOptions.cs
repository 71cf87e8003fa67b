using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Worker;

/// <summary>What a worker is told by whoever starts it. All that concerns the run itself comes from the coordinator.</summary>
public sealed record WorkerOptions
{
    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>Opens model and data under the coordinator's recipe, with the worker's own paths; the worker owns the result.</summary>
    public required Func<Recipe, RunInputs> Open { get; init; }

    /// <summary>Where the Hugging Face directory is written at the end; null to write none.</summary>
    public RunDirectory? Output { get; init; }

    /// <summary>Where snapshots lie; null for none.</summary>
    public string? Snapshots { get; init; }

    /// <summary>Whether snapshots are written, or only read.</summary>
    public bool SavesSnapshots { get; init; } = true;

    /// <summary>Whether an objective may run a program on this machine.</summary>
    public bool AllowsCommand { get; init; }

    /// <summary>Is told when a step begins; null for nobody.</summary>
    public TraceFile? Trace { get; init; }

    /// <summary>Is told run and step, for the lines of a log; null for nobody.</summary>
    public LogContext? Log { get; init; }

    /// <summary>Makes spans and numbers of what it does; null for nobody. The caller owns it.</summary>
    public ShareSpans? Spans { get; init; }

    /// <summary>True once something newer has come in, so that a share in flight is worth nothing any more. Called at every block.</summary>
    public Func<bool> IsSuperseded { get; init; } = () => false;

    /// <summary>Asks the worker to leave: a share is finished, an evaluation given up.</summary>
    public CancellationToken Stopping { get; init; }
}
