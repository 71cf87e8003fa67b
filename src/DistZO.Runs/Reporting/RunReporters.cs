namespace DistZO.Runs;

/// <summary>Several reporters as one, told in the order given. Owns them. Safe from any thread: notices may come from several.</summary>
public sealed class RunReporters(params IReadOnlyList<IRunReporter> reporters) : IRunReporter
{
    private readonly Lock _gate = new();

    public void Started(RunSummary run)
    {
        lock (_gate)
        {
            foreach (var reporter in reporters) reporter.Started(run);
        }
    }

    public void Step(StepMetrics step)
    {
        lock (_gate)
        {
            foreach (var reporter in reporters) reporter.Step(step);
        }
    }

    public void Evaluated(EvaluationMetrics evaluation)
    {
        lock (_gate)
        {
            foreach (var reporter in reporters) reporter.Evaluated(evaluation);
        }
    }

    public void Notice(NoticeLevel level, string name, string message)
    {
        lock (_gate)
        {
            foreach (var reporter in reporters) reporter.Notice(level, name, message);
        }
    }

    public void Finished(RunResult result)
    {
        lock (_gate)
        {
            foreach (var reporter in reporters) reporter.Finished(result);
        }
    }

    public void Dispose()
    {
        foreach (var reporter in reporters) reporter.Dispose();
    }
}
