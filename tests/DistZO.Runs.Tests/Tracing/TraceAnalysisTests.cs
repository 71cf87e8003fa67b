using DistZO.Devices;

namespace DistZO.Runs.Tests.Tracing;

public sealed class TraceAnalysisTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Analysis_OfASmallTrace_IsWhatOneWorksOutByHand()
    {
        var report = Report(out var trace);
        Assert.Equal(["compute", "upload", "write-back"], report.Tracks.Select(track => track.Name.Text));
        Assert.Equal([15, 34, 15], report.Tracks.Select(track => Milliseconds(track.Busy)));
        Assert.Equal([35, 16, 35], report.Tracks.Select(track => Milliseconds(track.Idle)));
        Assert.Equal([0, 68_000_000, 60_000_000], report.Tracks.Select(track => track.Bytes));
        Assert.Equal([null, 2, 4], report.Tracks.Select(track => track.GigabytesPerSecond));
        // Of the upload of b 5 ms lie beside the kernels of a; of the write-back, the kernels of b.
        Assert.Equal([0, 5, 5], report.Tracks.Select(track => Milliseconds(track.Hidden)));
        Assert.Equal((49, 10, 128_000_000), (Milliseconds(report.Transfers), Milliseconds(report.Hidden), report.Bytes));
        Assert.Equal(10.0 / 49, report.Overlap);
        Assert.Equal(35.0 / 50, report.IdleShare);
        Assert.Equal(25e6, report.StepNanoseconds);
        Assert.Equal(("steps 1 to 2", 0, 50), (report.Window.Words, Milliseconds(report.Window.Begin), Milliseconds(report.Window.End)));
        Assert.Equal(SampleTrace.Spans.Length, trace.Spans.Count);
    }

    [Fact]
    public void Analysis_IdleKernels_WaitedForAChainOfTransfers()
    {
        var report = Report(out _);
        var gaps = report.Tracks[0].Gaps;
        Assert.Equal([(0, 10), (15, 20), (25, 45)], gaps.Select(gap => (Milliseconds(gap.Begin), Milliseconds(gap.End))));
        Assert.Equal(["upload a 0-10"], gaps[0].Causes.Select(Words));
        Assert.Equal(["upload b 15-20"], gaps[1].Causes.Select(Words));
        Assert.Equal(["nothing 44-45", "upload c 30-44", "write-back a 25-30"], gaps[2].Causes.Select(Words));
        Assert.Equal(
            ["upload of c 14 1", "upload of a 10 1", "upload of b 5 1", "write-back of a 5 1", "something that is not in the trace 1 1"],
            report.Waits.Select(wait => $"{wait.Words} {Milliseconds(wait.Nanoseconds)} {wait.Times}"));
        Assert.Equal(report.Idle, report.Waits.Sum(wait => wait.Nanoseconds));
        Assert.Equal("upload (83%), write-back (14%), something that is not in the trace (3%)", TraceVerdict.Waits(report));
    }

    [Theory]
    [InlineData(40, "upload c 20-40")]
    [InlineData(42, "nothing 40-42", "upload c 20-40")]
    [InlineData(43, "nothing 20-43")]
    public void Analysis_KernelsThatGoOnLongAfterATransfer_DidNotWaitForIt(double begin, params string[] causes)
    {
        var report = All(
            SampleTrace.Span("compute", "b", 0, 20), SampleTrace.Span("upload", "c", 20, 40, 1), SampleTrace.Span("compute", "c", begin, 50));
        Assert.Equal(causes, Assert.Single(report.Tracks[0].Gaps).Causes.Select(Words));
    }

    [Fact]
    public void Analysis_OfAPart_CutsSpansAndTheirBytes()
    {
        var trace = SampleTrace.Of(SampleTrace.Spans);
        var report = TraceAnalysis.Of(trace, TraceWindow.OfSeconds(trace, 0.012, 0.018));
        Assert.Equal("0.012 s to 0.018 s", report.Window.Words);
        Assert.Equal([3, 6, 3], report.Tracks.Select(track => Milliseconds(track.Busy)));
        Assert.Equal([0, 12_000_000, 12_000_000], report.Tracks.Select(track => track.Bytes));
        Assert.Equal(3.0 / 9, report.Overlap);
        // The kernels of b begin after the part's end; what they wait for is known all the same.
        Assert.Equal(["upload b 15-18"], report.Tracks[0].Gaps.SelectMany(gap => gap.Causes).Select(Words));
        Assert.Equal(6, Milliseconds(report.Window.Nanoseconds));
    }

    [Fact]
    public void Analysis_OfAStep_LastsToTheNext()
    {
        Report(out var trace);
        var report = TraceAnalysis.Of(trace, TraceWindow.OfSteps(trace, 2, 2));
        Assert.Equal((25, 50), (Milliseconds(report.Window.Begin), Milliseconds(report.Window.End)));
        Assert.Equal(2, Assert.Single(report.Steps).Step);
        Assert.Equal([5, 14, 5], report.Tracks.Select(track => Milliseconds(track.Busy)));
        Assert.Equal(0, report.Hidden);
        Assert.Equal("step 2", report.Window.Words);
    }

    [Fact]
    public void Analysis_OfTwoDevices_HidesEachBehindItsOwnKernels()
    {
        var report = All(
            SampleTrace.Span("slot 0 compute", "a", 0, 10),
            SampleTrace.Span("slot 1 compute", "a", 10, 20),
            SampleTrace.Span("slot 0 upload", "b", 0, 20, 1),
            SampleTrace.Span("slot 1 upload", "b", 0, 20, 1),
            SampleTrace.Span("gather", "b", 5, 15, 1));
        Assert.Equal(["gather", "slot 0 compute", "slot 0 upload", "slot 1 compute", "slot 1 upload"], report.Tracks.Select(track => track.Name.Text));
        Assert.Equal([10, 0, 10, 0, 10], report.Tracks.Select(track => Milliseconds(track.Hidden)));
        Assert.Equal(0.5, report.IdleShare);
        // No transfer ended before slot 1 began to compute.
        Assert.Equal(
            ["the end of the trace 10", "something that is not in the trace 10"],
            report.Waits.Select(wait => $"{wait.Words} {Milliseconds(wait.Nanoseconds)}"));
    }

    [Fact]
    public void Analysis_SpansThatOverlap_CountOnce()
    {
        var report = All(
            SampleTrace.Span("compute", "a", 0, 10), SampleTrace.Span("compute", "a", 5, 12), SampleTrace.Span("compute", "a", 6, 7),
            SampleTrace.Span("upload", "b", 0, 8, 1), SampleTrace.Span("upload", "b", 4, 16, 1));
        Assert.Equal([12, 16], report.Tracks.Select(track => Milliseconds(track.Busy)));
        Assert.Equal(12, Milliseconds(report.Hidden));
    }

    [Fact]
    public void Analysis_WithoutKernels_KnowsNoOverlap()
    {
        var report = All(SampleTrace.Span("upload", "a", 0, 8, 1));
        Assert.Null(report.Overlap);
        Assert.Null(report.IdleShare);
        Assert.Empty(report.Waits);
        Assert.Equal("No computing was traced here.", TraceVerdict.Of(report));
    }

    [Fact]
    public void Verdict_OfKernelsWhoseHostWaits_NamesWhatItWaitsFor()
    {
        var report = All(
            SampleTrace.Span("upload", "a", 0, 10, 1),
            SampleTrace.Span("slot 0 compute", "a", 10, 20),
            SampleTrace.Span("slot 1 host", "another's", 20, 60),
            SampleTrace.Span("slot 0 host", "the other slots", 22, 24),
            SampleTrace.Span("host", "the coordinator", 25, 58),
            SampleTrace.Span("slot 0 compute", "a", 60, 70));
        Assert.Equal("Compute is idle for 71% of the time, mostly while its host waits, longest for the coordinator.", TraceVerdict.Of(report));
        Assert.Equal(
            ["host: the coordinator 33", "upload of a 10", "something that is not in the trace 5", "slot 0 host: the other slots 2"],
            report.Waits.Select(wait => $"{wait.Words} {Milliseconds(wait.Nanoseconds)}"));
    }

    [Fact]
    public void Verdict_OfKernelsThatWaitForNoTransfer_SaysSo()
    {
        var report = All(
            SampleTrace.Span("upload", "a", 0, 10, 1), SampleTrace.Span("compute", "a", 10, 20), SampleTrace.Span("compute", "a", 60, 70));
        Assert.Equal("Compute is idle for 71% of the time, mostly for reasons that are not in the trace.", TraceVerdict.Of(report));
        Assert.Equal("something that is not in the trace (80%), upload (20%)", TraceVerdict.Waits(report));
    }

    [Fact]
    public void Analysis_OfSimulatedStreaming_FindsTheLimit()
    {
        Assert.Equal("The upload stream is the limit: it is busy for 97% of the time at 12.0 GB/s.", Verdict(compute: 20_000_000, blocks: 9));
        Assert.Equal("Computing is the limit: it runs for 99% of the time, and transfers hide behind it.", Verdict(compute: 60_000_000, blocks: 9));
        Assert.Equal("Computing and the upload stream are both busy nearly all the time: 93% and 97%.", Verdict(compute: 31_000_000, blocks: 30));
    }

    [Theory]
    [InlineData(3, 2, "")]
    [InlineData(0, 1, "holds the steps 1 to 2; 0 to 1 are not among them")]
    [InlineData(2, 3, "holds the steps 1 to 2; 2 to 3 are not among them")]
    public void Window_OfStepsThatAreNotThere_SaysWhichAre(int first, int last, string problem)
    {
        Report(out var trace);
        Assert.Contains(problem, Assert.Throws<BadInputException>(() => TraceWindow.OfSteps(trace, first, last)).Message);
    }

    [Theory]
    [InlineData(-1, null)]
    [InlineData(0.02, 0.02)]
    [InlineData(0.06, null)]
    [InlineData(double.NaN, null)]
    public void Window_OfSecondsThatAreNotThere_SaysHowLongItIs(double from, double? to)
    {
        Report(out var trace);
        Assert.Contains("is 0.05 s long", Assert.Throws<BadInputException>(() => TraceWindow.OfSeconds(trace, from, to)).Message);
    }

    [Theory]
    [InlineData("compute", null, "compute")]
    [InlineData("slot 1 upload", 1, "upload")]
    [InlineData("slot 0 write-back", 0, "write-back")]
    [InlineData("slot 01 upload", null, "slot 01 upload")]
    [InlineData("slot x upload", null, "slot x upload")]
    [InlineData("slot 1", null, "slot 1")]
    [InlineData("slot ", null, "slot ")]
    [InlineData("slot  upload", null, "slot  upload")]
    public void TrackName_Any_IsTakenApart(string text, int? slot, string kind) => Assert.Equal(new TrackName(text, slot, kind), TrackName.Of(text));

    [Fact]
    public void TrackName_Order_IsBySlotAndKind()
    {
        string[] sorted = ["compute", "gather", "upload", "write-back", "keep", "disk", "fold", "slot 0 compute", "slot 0 upload", "slot 2 compute", "slot 10 compute"];
        Assert.Equal(sorted, sorted.Reverse().Select(TrackName.Of).Order().Select(name => name.Text));
    }

    private static long Milliseconds(long nanoseconds)
    {
        Assert.Equal(0, nanoseconds % 1_000_000);
        return nanoseconds / 1_000_000;
    }

    private static string Words(TraceCause cause)
    {
        var what = cause.For is { } span ? $"{span.Track} {span.Name}" : "nothing";
        return $"{what} {Milliseconds(cause.Begin)}-{Milliseconds(cause.End)}";
    }

    private static TraceReport All(params TraceSpan[] spans)
    {
        var trace = SampleTrace.Of(spans);
        return TraceAnalysis.Of(trace, TraceWindow.All(trace));
    }

    private TraceReport Report(out TraceContents trace)
    {
        trace = SampleTrace.Through(_folder["trace.json"], SampleTrace.Spans, SampleTrace.Steps);
        return TraceAnalysis.Of(trace, TraceWindow.All(trace));
    }

    private string Verdict(long compute, int blocks)
    {
        var path = _folder["simulated.json"];
        using (var file = new TraceFile(path)) new SimulatedStreaming { Compute = compute }.Run(file, steps: 20, blocks);
        var trace = TraceReader.Read(path);
        return TraceVerdict.Of(TraceAnalysis.Of(trace, TraceWindow.All(trace)));
    }
}
