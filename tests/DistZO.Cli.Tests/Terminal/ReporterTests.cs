using System.Diagnostics;
using DistZO.Cli.Terminal;
using DistZO.Devices;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Tests.Terminal;

public sealed class ReporterTests
{
    private static readonly RunSummary Run = new()
    {
        Run = "ab12",
        Model = "base",
        Parameters = 4_340_000,
        Rows = 320,
        BatchSize = 16,
        MaxSteps = 100,
        Ledger = "out/run.zol",
    };

    private static readonly RunResult Result = new()
    {
        Outcome = RunOutcome.Completed,
        Steps = 100,
        ElapsedSeconds = 61,
        Output = "out",
        Before = new(0, [new("accuracy", 0.25)], IsBest: true),
        After = new(100, [new("accuracy", 0.75)], IsBest: true),
    };

    private readonly StringWriter _out = new() { NewLine = "\n" };
    private readonly ManualTime _time = new();

    [Fact]
    public void ProgressBar_ManyStepsAtOnce_DrawsTenTimesASecondAndTheLast()
    {
        using var bar = new ProgressBar(_out, () => 100, _time, colour: false);
        for (var step = 1; step <= 100; step++)
        {
            bar.Step(Step(step));
            _time.Advance(TimeSpan.FromMilliseconds(25));
        }

        var drawn = _out.ToString().Split('\r').Skip(1).ToArray();
        Assert.Equal(26, drawn.Length); // steps 1, 5, 9, … 97, and 100
        Assert.StartsWith("100%", drawn[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void ProgressBar_WidthChanges_FollowsIt()
    {
        var width = 100;
        using var bar = new ProgressBar(_out, () => width, _time, colour: false);
        bar.Step(Step(1));
        width = 40;
        _time.Advance(TimeSpan.FromSeconds(1));
        bar.Step(Step(2));

        var last = _out.ToString().Split('\r')[^1].Replace(Ansi.ClearToEnd, "", StringComparison.Ordinal);
        Assert.InRange(last.Length, 20, 39);
    }

    [Fact]
    public void ProgressBar_EvaluationAndNotice_ScrollAwayAboveTheLine()
    {
        using var bar = new ProgressBar(_out, () => 120, _time, colour: false);
        bar.Step(Step(1));
        bar.Evaluated(new EvaluationMetrics(1, [new("accuracy", 0.5), new("macro_f1", 0.4)], IsBest: true));
        bar.Notice(NoticeLevel.Warning, "divergence", "look out");

        var text = _out.ToString();
        Assert.Contains($"\r{Ansi.ClearToEnd}{Ansi.Wrap}evaluation at step 1: accuracy 0.500  macro_f1 0.400  (best so far){Environment.NewLine}", text, StringComparison.Ordinal);
        Assert.Contains($"warning: look out{Environment.NewLine}", text, StringComparison.Ordinal);
        Assert.Contains("best accuracy 0.500 at 1", text.Split('\r')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void ProgressBar_EndsOrIsDisposed_RestoresTheTerminalOnce()
    {
        using (var bar = new ProgressBar(_out, () => 100, _time))
        {
            bar.Started(Run);
            bar.Step(Step(1));
            bar.Dispose();
            bar.Finished(Result);
        }

        var text = _out.ToString();
        Assert.Equal(2, text.Split(Ansi.HideCursor).Length);
        Assert.Equal(2, text.Split(Ansi.ShowCursor).Length);
        Assert.EndsWith($"{Ansi.Wrap}{Ansi.ShowCursor}{Environment.NewLine}done after step 100 in 1:01; accuracy 0.250 -> 0.750; output in out\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ProgressBar_NoStepYet_LeavesTheTerminalAlone()
    {
        using (var bar = new ProgressBar(_out, () => 100, _time))
        {
            bar.Started(Run);
            bar.Notice(NoticeLevel.Information, "resumed", "going on");
        }

        Assert.DoesNotContain('\u001b', _out.ToString());
    }

    [Fact]
    public void PlainReporter_Run_IsLinesWithoutControlCharacters()
    {
        using var plain = new PlainReporter(_out, loggingSteps: 50);
        plain.Started(Run);
        for (var step = 1; step <= 100; step++) plain.Step(Step(step));
        plain.Finished(Result with { Outcome = RunOutcome.Interrupted, Before = null, HowToGoOn = "distzo train --output out" });

        Assert.Equal(
            """
            training base (4.34M weights) on 320 rows: 100 steps of 16
            step 1/100  loss 1.250  smoothed 1.300  lr 5e-5  5.21k tok/s  1:23 left
            step 50/100  loss 1.250  smoothed 1.300  lr 5e-5  5.21k tok/s  1:23 left
            step 100/100  loss 1.250  smoothed 1.300  lr 5e-5  5.21k tok/s  1:23 left
            interrupted after step 100 in 1:01; output in out; to go on: distzo train --output out

            """,
            _out.ToString(),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void JsonLogReporter_Run_IsOneObjectALineWithItsEvent()
    {
        using var log = new JsonLogReporter(_out, loggingSteps: 100, new LogContext("host/3"), new Noon());
        log.Notice(NoticeLevel.Information, "joined", "it is ready");
        log.Started(Run);
        for (var step = 1; step <= 100; step++) log.Step(new StepMetrics { Step = step, MaxSteps = 100, Loss = 1 });
        log.Evaluated(new EvaluationMetrics(100, [new("accuracy", 0.5)], IsBest: false));
        log.Notice(NoticeLevel.Warning, "divergence", "say \"no\"");
        log.Finished(Result);

        const string begin = "{\"time\":\"2026-01-02T12:00:00.250Z\",\"level\":";
        Assert.Equal(
            $$"""
            {{begin}}"information","event":"joined","rank":"host/3","message":"it is ready"}
            {{begin}}"information","event":"started","run":"ab12","rank":"host/3","step":0,"model":"base","parameters":4340000,"rows":320,"batch_size":16,"committed_steps":0,"max_steps":100,"ledger":"out/run.zol"}
            {{begin}}"information","event":"step","run":"ab12","rank":"host/3","step":100,"max_steps":100,"epoch":0,"loss":1,"smoothed_loss":null,"learning_rate":0,"projected_gradient":null}
            {{begin}}"information","event":"evaluation","run":"ab12","rank":"host/3","step":100,"eval_accuracy":0.5,"best":false}
            {{begin}}"warning","event":"divergence","run":"ab12","rank":"host/3","step":100,"message":"say \"no\""}
            {{begin}}"information","event":"finished","run":"ab12","rank":"host/3","step":100,"outcome":"completed","steps":100,"elapsed_seconds":61,"output":"out"}

            """,
            _out.ToString(),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void JsonLogReporter_WithinASpan_NamesIt()
    {
        using var span = new Activity("step").SetIdFormat(ActivityIdFormat.W3C).Start();
        using var log = new JsonLogReporter(_out, loggingSteps: 1, new LogContext("local"), new Noon());
        log.Step(new StepMetrics { Step = 1, MaxSteps = 2, Loss = 1 });
        Assert.Contains($"\"trace_id\":\"{span.TraceId}\",\"span_id\":\"{span.SpanId}\",\"step\":1,", _out.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, null, false)]
    [InlineData(true, "", true)]
    [InlineData(true, "text", true)]
    [InlineData(false, "json", true)]
    public void LogFormat_OfAFlagAndAVariable_IsJsonIfEitherAsks(bool asked, string? variable, bool isJson) =>
        Assert.Equal(isJson, LogFormat.IsJson(asked, variable));

    [Fact]
    public void LogFormat_ThatIsNone_IsRefused() =>
        Assert.Equal("DISTZO_LOG_FORMAT: 'xml' is none of text, json", Assert.Throws<BadInputException>(() => LogFormat.IsJson(false, "xml")).Message);

    private sealed class Noon : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 1, 2, 12, 0, 0, 250, TimeSpan.Zero);
    }

    private static StepMetrics Step(int step) => new()
    {
        Step = step,
        MaxSteps = 100,
        Loss = 1.25,
        SmoothedLoss = 1.3,
        LearningRate = 5e-5,
        TokensPerSecond = 5214,
        RemainingSeconds = 83,
    };

    private sealed class ManualTime : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(TimeSpan by) => _ticks += by.Ticks;
    }
}
