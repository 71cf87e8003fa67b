namespace DistZO.Runs;

/// <summary>Several reporters as one, told in the order given. Owns them.</summary>
public sealed class RunReporters(params IReadOnlyList<IRunReporter> reporters) : IRunReporter
{
    public void Started(RunSummary run)
    {
        foreach (var reporter in reporters) reporter.Started(run);
    }

    public void Step(StepMetrics step)
    {
        foreach (var reporter in reporters) reporter.Step(step);
    }

    public void Evaluated(EvaluationMetrics evaluation)
    {
        foreach (var reporter in reporters) reporter.Evaluated(evaluation);
    }

    public void Notice(NoticeLevel level, string name, string message)
    {
        foreach (var reporter in reporters) reporter.Notice(level, name, message);
    }

    public void Finished(RunResult result)
    {
        foreach (var reporter in reporters) reporter.Finished(result);
    }

    public void Dispose()
    {
        foreach (var reporter in reporters) reporter.Dispose();
    }
}
