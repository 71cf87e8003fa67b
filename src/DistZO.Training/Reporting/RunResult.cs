namespace DistZO.Training;

/// <summary>Why a run ended.</summary>
public enum RunOutcome
{
    /// <summary>All steps are committed.</summary>
    Completed,

    /// <summary>Early stopping: evaluations got no better.</summary>
    StoppedEarly,

    /// <summary>A signal asked for it; the same command goes on from here.</summary>
    Interrupted,
}

/// <summary>How a run ended.</summary>
public sealed record RunResult
{
    public required RunOutcome Outcome { get; init; }

    /// <summary>Steps committed.</summary>
    public required int Steps { get; init; }

    /// <summary>Of this process.</summary>
    public required double ElapsedSeconds { get; init; }

    /// <summary>Where model, ledger and metrics are.</summary>
    public required string Output { get; init; }

    /// <summary>The base model's evaluation, if there was one.</summary>
    public EvaluationMetrics? Before { get; init; }

    /// <summary>The evaluation of the weights that were written, if there was one.</summary>
    public EvaluationMetrics? After { get; init; }

    /// <summary>The command that goes on, if the run was interrupted.</summary>
    public string? HowToGoOn { get; init; }
}
