using System.Text;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Terminal;

/// <summary>
/// A live line at the bottom of a terminal, with evaluations and notices scrolling away above it. Each drawing is one write that
/// starts at the left and clears only what is left over, so it does not flicker.
/// </summary>
internal sealed class ProgressBar : IRunReporter
{
    /// <summary>At most ten drawings a second: more cannot be read, and over a slow connection they would cost steps.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly TextWriter _terminal;
    private readonly Func<int> _width;
    private readonly TimeProvider _time;
    private readonly bool _colour;
    private readonly Lock _gate = new();
    private StepMetrics? _step;
    private EvaluationMetrics? _best;
    private long? _drawn;
    private bool _live;

    /// <param name="terminal">Writes to the terminal; not disposed.</param>
    /// <param name="width">Columns of the terminal at this moment; it may change while the run goes on.</param>
    /// <param name="time">For how often to draw.</param>
    /// <param name="colour">Whether to use colours.</param>
    public ProgressBar(TextWriter terminal, Func<int> width, TimeProvider time, bool colour = true)
    {
        _terminal = terminal;
        _width = width;
        _time = time;
        _colour = colour;
    }

    public void Started(RunSummary run) => Scroll(ReportText.Started(run));

    public void Step(StepMetrics step)
    {
        lock (_gate)
        {
            _step = step;
            var due = _drawn is not { } at || _time.GetElapsedTime(at) >= Interval || step.Step == step.MaxSteps;
            if (due) Write(new StringBuilder(), draw: true);
        }
    }

    public void Evaluated(EvaluationMetrics evaluation)
    {
        lock (_gate)
        {
            if (evaluation.IsBest) _best = evaluation;
        }

        Scroll(ReportText.Evaluated(evaluation));
    }

    public void Notice(NoticeLevel level, string name, string message)
    {
        var text = ReportText.Notice(level, message);
        Scroll(level == NoticeLevel.Warning && _colour ? Ansi.Yellow + text + Ansi.Plain : text);
    }

    public void Finished(RunResult result)
    {
        Dispose();
        _terminal.WriteLine(ReportText.Finished(result));
        _terminal.Flush();
    }

    /// <summary>Leaves the last line standing, and the terminal as it was. Safe to call from a signal's thread, and twice.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_live) return;
            Write(new StringBuilder(), draw: true);
            _terminal.Write(Ansi.Wrap + Ansi.ShowCursor + Environment.NewLine);
            _terminal.Flush();
            _live = false;
            _step = null;
        }
    }

    private void Scroll(string line)
    {
        lock (_gate)
        {
            // Long lines may wrap, unlike the live one.
            var text = new StringBuilder();
            if (_live) text.Append('\r').Append(Ansi.ClearToEnd).Append(Ansi.Wrap);
            text.Append(line).Append(Environment.NewLine);
            if (_live) text.Append(Ansi.NoWrap);
            Write(text, draw: _step is not null);
        }
    }

    private void Write(StringBuilder text, bool draw)
    {
        if (draw && _step is { } step)
        {
            if (!_live) text.Append(Ansi.HideCursor).Append(Ansi.NoWrap);
            _live = true;
            _drawn = _time.GetTimestamp();
            // The last column stays free: some terminals move on to the next line when it is written.
            text.Append('\r').Append(StatusLine.Of(step, _best, _width() - 1, _colour)).Append(Ansi.ClearToEnd);
        }

        _terminal.Write(text.ToString());
        _terminal.Flush();
    }
}
