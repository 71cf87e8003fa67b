namespace DistZO.Runs;

/// <summary>What a line of a log says of where it comes from. Written by what runs, read by who reports; safe from any thread.</summary>
/// <param name="rank">Whose lines they are: a worker's name, or the part that the process has in the run.</param>
public sealed class LogContext(string rank)
{
    private volatile string? _run;
    private long _step = -1;

    /// <summary>Whose lines they are.</summary>
    public string Rank => rank;

    /// <summary>The digest of the run's identity; null before it is known.</summary>
    public string? Run
    {
        get => _run;
        set => _run = value;
    }

    /// <summary>The last step that was begun or told; null before the first.</summary>
    public long? Step
    {
        get => Interlocked.Read(ref _step) is var step and >= 0 ? step : null;
        set => Interlocked.Exchange(ref _step, value ?? -1);
    }
}
