namespace DistZO.Runs;

/// <summary>What a run is about to do, for the first lines that a user sees.</summary>
public sealed record RunSummary
{
    /// <summary>The digest of the run's identity.</summary>
    public required string Run { get; init; }

    /// <summary>The base model's directory.</summary>
    public required string Model { get; init; }

    /// <summary>Number of trained weights.</summary>
    public required long Parameters { get; init; }

    /// <summary>Rows of training data.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows of one step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Steps that the ledger already held; above 0 the run is a resumed one.</summary>
    public int CommittedSteps { get; init; }

    /// <summary>Steps that the run has in all.</summary>
    public required int MaxSteps { get; init; }

    /// <summary>The ledger's path.</summary>
    public required string Ledger { get; init; }
}
