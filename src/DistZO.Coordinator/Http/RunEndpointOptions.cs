namespace DistZO.Coordinator;

/// <summary>How a run is shown over HTTP.</summary>
public sealed record RunEndpointOptions
{
    /// <summary>
    /// The shared token that the changing calls ask for. Null: nothing is asked for, and every request must name a loopback host, so that
    /// no page of a browser reaches the run under a name of its own.
    /// </summary>
    public string? Token { get; init; }

    /// <summary>Whether a request may name any host without a token too: everybody who reaches the port may do everything.</summary>
    public bool AnyHost { get; init; }

    /// <summary>What <c>/metrics</c> shows; the caller owns it. Null: one that shows the run's status alone.</summary>
    public RunMeter? Meter { get; init; }

    /// <summary>The clock of the event stream.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
