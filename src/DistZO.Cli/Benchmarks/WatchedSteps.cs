using System.Diagnostics;
using DistZO.Cli.Telemetry;
using DistZO.Devices;
using DistZO.Runs;
using DistZO.Worker;

namespace DistZO.Cli.Benchmarks;

/// <summary>Times the steps of a run, and switches on and off what watches it, after every few of them; what the switch takes is not counted.</summary>
/// <param name="spans">Takes what the run computes and moves, while it is watched.</param>
/// <param name="watch">Begins to export.</param>
internal sealed class WatchedSteps(ShareSpans spans, Func<TelemetryExport> watch) : IRunReporter, ITraceSink
{
    /// <summary>Steps before the first that counts; half of them watched, for code is compiled there too.</summary>
    public const int WarmUp = 2 * Block;

    private const int Block = 4;

    private readonly List<double> _with = [];
    private readonly List<double> _without = [];
    private TelemetryExport? _export;
    private int _steps;
    private long _began;

    /// <summary>Seconds of a step.</summary>
    public double Median(bool isWatched)
    {
        var sorted = (isWatched ? _with : _without).Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    public void Add(in TraceSpan span)
    {
        if (_export is not null) spans.Add(span);
    }

    public void Started(RunSummary run) => _began = Stopwatch.GetTimestamp();

    public void Step(StepMetrics step)
    {
        var seconds = Stopwatch.GetElapsedTime(_began).TotalSeconds;
        if (_steps >= WarmUp) (_export is null ? _without : _with).Add(seconds);
        if (++_steps % Block == 0)
        {
            if (_export is null) _export = watch();
            else Unwatch();
        }

        _began = Stopwatch.GetTimestamp();
    }

    public void Evaluated(EvaluationMetrics evaluation)
    {
    }

    public void Notice(NoticeLevel level, string name, string message)
    {
    }

    public void Finished(RunResult result)
    {
    }

    public void Dispose() => Unwatch();

    private void Unwatch()
    {
        _export?.Dispose();
        _export = null;
    }
}
