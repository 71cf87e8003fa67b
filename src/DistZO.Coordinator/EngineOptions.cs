using DistZO.Optimization;

namespace DistZO.Coordinator;

/// <summary>How a coordinator runs a run.</summary>
public sealed record EngineOptions
{
    /// <summary>This start of the coordinator: 32 random bits, so that reports for an earlier one cannot pass.</summary>
    public required uint Incarnation { get; init; }

    /// <summary>The first step waits for so many workers; later ones go on with whoever is there.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>How often workers show that they live.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>What a new run must be, instead of whatever the first worker says; null to believe that one.</summary>
    public RunIdentity? PinnedIdentity { get; init; }

    /// <summary>Is told of every event, in order.</summary>
    public Action<RunEvent> OnEvent { get; init; } = _ => { };

    /// <summary>Counts what a status does not hold; null to count nothing. The caller owns it.</summary>
    public RunMeter? Meter { get; init; }

    /// <summary>Tokens of a step's batch, where the data are at hand; null elsewhere.</summary>
    public Func<int, long>? TokensOf { get; init; }
}

/// <summary>Where the time of a step went, in seconds.</summary>
/// <param name="Step">From its first message to a worker to its last report.</param>
/// <param name="Flush">Until the record was durable.</param>
/// <param name="Commit">From the last report on, the flush included.</param>
public readonly record struct CommitTiming(double Step, double Flush, double Commit);
