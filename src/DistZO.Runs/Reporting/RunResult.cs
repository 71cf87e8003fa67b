namespace DistZO.Runs;

/// <summary>Why a run ended.</summary>
public enum RunOutcome
{
    /// <summary>All steps are committed.</summary>
    Completed,

    /// <summary>All steps were committed before this start; there was nothing left to do.</summary>
    FinishedBefore,

    /// <summary>Early stopping: evaluations got no better.</summary>
    StoppedEarly,

    /// <summary>Somebody asked for the end; the weights of the last step are written, and the run may be gone on with.</summary>
    Stopped,

    /// <summary>A signal asked for it; the same command goes on from here.</summary>
    Interrupted,
}

/// <summary>Names of <see cref="RunOutcome"/>.</summary>
public static class RunOutcomes
{
    /// <summary>For machines: <c>completed</c>, <c>finished_before</c>, <c>stopped_early</c>, <c>stopped</c>, <c>interrupted</c>.</summary>
    public static string Name(this RunOutcome outcome) => outcome switch
    {
        RunOutcome.Completed => "completed",
        RunOutcome.FinishedBefore => "finished_before",
        RunOutcome.StoppedEarly => "stopped_early",
        RunOutcome.Stopped => "stopped",
        RunOutcome.Interrupted => "interrupted",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    /// <summary>The inverse of <see cref="Name"/>. Throws <see cref="FormatException"/> for any other text.</summary>
    public static RunOutcome Parse(string name)
    {
        foreach (var outcome in Enum.GetValues<RunOutcome>())
        {
            if (outcome.Name() == name) return outcome;
        }

        throw new FormatException($"'{name}' is no outcome of a run");
    }
}

/// <summary>How a run ended.</summary>
public sealed record RunResult
{
    public required RunOutcome Outcome { get; init; }

    /// <summary>Steps committed.</summary>
    public required int Steps { get; init; }

    /// <summary>Of this process.</summary>
    public required double ElapsedSeconds { get; init; }

    /// <summary>Where ledger and metrics are, and the model if it is written here.</summary>
    public required string Output { get; init; }

    /// <summary>Whether the model is there too, and not with the workers.</summary>
    public bool HasModel { get; init; } = true;

    /// <summary>The base model's evaluation, if there was one.</summary>
    public EvaluationMetrics? Before { get; init; }

    /// <summary>The evaluation of the weights that were written, if there was one.</summary>
    public EvaluationMetrics? After { get; init; }

    /// <summary>The command that goes on, if the run was interrupted.</summary>
    public string? HowToGoOn { get; init; }
}
