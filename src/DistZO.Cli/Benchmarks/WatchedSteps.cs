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

    private readonly List<StepTime> _with = [];
    private readonly List<StepTime> _without = [];
    private TelemetryExport? _export;
    private int _steps;
    private long _began;
    private TimeSpan _beganProcessor;

    /// <summary>Medians over the steps.</summary>
    public StepTime Median(bool isWatched)
    {
        var times = isWatched ? _with : _without;
        return new StepTime(Median(times.Select(time => time.Seconds)), Median(times.Select(time => time.ProcessorSeconds)));
    }

    public void Add(in TraceSpan span)
    {
        if (_export is not null) spans.Add(span);
    }

    public void Started(RunSummary run) => Begin();

    public void Step(StepMetrics step)
    {
        var time = new StepTime(Stopwatch.GetElapsedTime(_began).TotalSeconds, (Environment.CpuUsage.TotalTime - _beganProcessor).TotalSeconds);
        if (_steps >= WarmUp) (_export is null ? _without : _with).Add(time);
        if (++_steps % Block == 0)
        {
            if (_export is null) _export = watch();
            else Unwatch();
        }

        Begin();
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

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count == 0 ? double.NaN : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private void Begin() => (_began, _beganProcessor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);

    private void Unwatch()
    {
        _export?.Dispose();
        _export = null;
    }
}

/// <summary>What a step takes.</summary>
/// <param name="Seconds">By the clock.</param>
/// <param name="ProcessorSeconds">Of all threads of this process, whatever else the machine does meanwhile.</param>
internal readonly record struct StepTime(double Seconds, double ProcessorSeconds);
