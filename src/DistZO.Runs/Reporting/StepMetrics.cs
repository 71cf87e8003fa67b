namespace DistZO.Runs;

/// <summary>What one committed step says about itself.</summary>
public sealed record StepMetrics
{
    /// <summary>Steps committed so far, this one included: 1 for the first. The weights after it are "at" this step.</summary>
    public required int Step { get; init; }

    /// <summary>Steps that the run has in all.</summary>
    public required int MaxSteps { get; init; }

    /// <summary>Passes over the data that the steps so far amount to.</summary>
    public double Epoch { get; init; }

    /// <summary>Mean loss of the step's probes; NaN if the step was skipped.</summary>
    public required double Loss { get; init; }

    /// <summary>The loss as <see cref="Runs.SmoothedLoss"/> has it; NaN before the first finite loss.</summary>
    public double SmoothedLoss { get; init; } = double.NaN;

    /// <summary>Learning rate of the step, after schedule and warm-up.</summary>
    public double LearningRate { get; init; }

    /// <summary>(loss⁺ − loss⁻) / 2ε of the first direction; NaN if the step was skipped.</summary>
    public double ProjectedGradient { get; init; } = double.NaN;

    /// <summary>A term of a probe was not finite: the step changed nothing.</summary>
    public bool Skipped { get; init; }

    /// <summary>Tokens of the step's batch, counted once whatever the number of probes; null for a step that is told again by someone
    /// who has not the data.</summary>
    public long? Tokens { get; init; }

    /// <summary>Speed of late; null for a step that is told again from the ledger, whose time nobody measured.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>What scoring what the model wrote took in this step, all ranks together; null as above, or if nothing is scored.</summary>
    public double? ScoringSeconds { get; init; }

    /// <summary>Since this process began to train; null as above.</summary>
    public double? ElapsedSeconds { get; init; }

    /// <summary>Until the last step, at the speed of late; null as above.</summary>
    public double? RemainingSeconds { get; init; }
}
