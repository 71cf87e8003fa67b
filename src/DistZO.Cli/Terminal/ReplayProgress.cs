namespace DistZO.Cli.Terminal;

/// <summary>Says now and then how far a replay is. A short one says nothing.</summary>
internal sealed class ReplayProgress(TextWriter log, int steps, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private long _said = time.GetTimestamp();

    /// <summary>Takes the step reached.</summary>
    public void Reached(int step)
    {
        if (step == steps || time.GetElapsedTime(_said) < Interval) return;
        _said = time.GetTimestamp();
        log.WriteLine($"replayed {step} of {steps} steps");
    }
}
