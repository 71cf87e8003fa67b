namespace DistZO.Coordinator;

/// <summary>What people have asked of a run.</summary>
internal sealed class RunRequests
{
    /// <summary>No new step begins.</summary>
    public bool Pause { get; set; }

    /// <summary>The run ends after the step in flight, and its model is written.</summary>
    public bool Stop { get; set; }

    /// <summary>This process's part of the run ends after the step in flight, without a model.</summary>
    public bool Interrupt { get; set; }
}
