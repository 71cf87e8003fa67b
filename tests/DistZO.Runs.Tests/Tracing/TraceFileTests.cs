using System.Text;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Runs.Tests.Tracing;

public sealed class TraceFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder["trace.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TraceFile_Spans_ReadBackToTheNanosecond()
    {
        TraceSpan[] spans =
        [
            new("slot 1 upload", "model.layers.3", 33_000_000_000_001, 33_000_000_123_456, 123_456_789_012),
            new("compute", "a \"name\" \\ with <all> & ünïcode 字", 33_000_000_000_002, 33_000_000_000_002, 0),
            new("compute", "", 33_000_000_000_999, 33_000_001_000_000, 0),
        ];
        var trace = SampleTrace.Through(Trace, spans, 33_000_000_000_000, 33_000_000_500_000);
        Assert.Equal(spans, trace.Spans);
        Assert.Equal(
            [new TracedStep(1, 33_000_000_000_000, 33_000_000_500_000, true), new TracedStep(2, 33_000_000_500_000, 33_000_001_000_000, true)],
            trace.Steps);
        Assert.False(trace.IsCut);
        Assert.Null(trace.Limit);
        Assert.Equal((33_000_000_000_000, 33_000_001_000_000), (trace.Begin, trace.End));
    }

    [Fact]
    public void TraceFile_WhatItWrites_IsTheChromeTraceFormat()
    {
        SampleTrace.Through(Trace, SampleTrace.Spans, SampleTrace.Steps);
        var (id, events) = (Environment.ProcessId, new List<string>());
        foreach (var item in JsonDocument.Parse(File.ReadAllText(Trace)).RootElement.EnumerateArray())
        {
            Assert.Equal(id, item.GetProperty("pid").GetInt32());
            events.Add(item.GetRawText().Replace($"\"pid\":{id},", "", StringComparison.Ordinal));
        }

        Assert.Equal(
            """
            {"ph":"M","name":"process_name","args":{"name":"distzo"}}
            {"ph":"i","name":"step 1","s":"p","cat":"step","tid":0,"ts":0,"args":{"step":1}}
            {"ph":"i","name":"step 2","s":"p","cat":"step","tid":0,"ts":25000,"args":{"step":2}}
            {"ph":"M","name":"thread_name","tid":1,"args":{"name":"upload"}}
            {"ph":"M","name":"thread_sort_index","tid":1,"args":{"sort_index":2}}
            {"ph":"X","name":"a","tid":1,"ts":0,"dur":10000,"args":{"bytes":20000000,"GB/s":2}}
            {"ph":"M","name":"thread_name","tid":2,"args":{"name":"compute"}}
            {"ph":"M","name":"thread_sort_index","tid":2,"args":{"sort_index":0}}
            {"ph":"X","name":"a","tid":2,"ts":10000,"dur":5000}
            {"ph":"X","name":"b","tid":1,"ts":10000,"dur":10000,"args":{"bytes":20000000,"GB/s":2}}
            {"ph":"X","name":"b fold","tid":2,"ts":20000,"dur":5000}
            {"ph":"M","name":"thread_name","tid":3,"args":{"name":"write-back"}}
            {"ph":"M","name":"thread_sort_index","tid":3,"args":{"sort_index":3}}
            {"ph":"X","name":"a","tid":3,"ts":15000,"dur":15000,"args":{"bytes":60000000,"GB/s":4}}
            {"ph":"X","name":"c","tid":1,"ts":30000,"dur":14000,"args":{"bytes":28000000,"GB/s":2}}
            {"ph":"X","name":"c","tid":2,"ts":45000,"dur":5000}
            """.Split('\n'),
            events);
    }

    [Fact]
    public void TraceFile_WhileItIsWritten_CanBeReadUpToTheLastSecond()
    {
        using var file = new TraceFile(Trace);
        for (var i = 0; i < 25; i++) file.Add(SampleTrace.Span("compute", "a", i * 100, (i * 100) + 50));
        var trace = TraceReader.Read(Trace);
        Assert.True(trace.IsCut);
        Assert.InRange(trace.Spans.Count, 15, 25);
        // The closing bracket is all that other programs may miss.
        JsonDocument.Parse(File.ReadAllText(Trace) + "]");
    }

    [Fact]
    public void TraceFile_FromManyThreads_HoldsAllOfIt()
    {
        const int Threads = 4, Each = 5000;
        using (var file = new TraceFile(Trace))
        {
            Parallel.For(0, Threads, thread =>
            {
                for (var i = 0; i < Each; i++) file.Add(new TraceSpan($"slot {thread} upload", "a", i, i + 1, thread + 1));
            });
        }

        var tracks = TraceReader.Read(Trace).Spans.GroupBy(span => span.Track).ToDictionary(group => group.Key, group => group.ToList());
        Assert.Equal(Threads, tracks.Count);
        for (var thread = 0; thread < Threads; thread++)
            Assert.Equal(Enumerable.Range(0, Each).Select(i => new TraceSpan($"slot {thread} upload", "a", i, i + 1, thread + 1)), tracks[$"slot {thread} upload"]);
    }

    [Fact]
    public void TraceFile_SharesOfOneStep_AreOneStep()
    {
        using (var file = new TraceFile(Trace))
        {
            file.Add(new TraceSpan("compute", "a", 10, 50, 0));
            file.BeginStep(7, 10);
            file.BeginStep(7, 20);
            file.BeginStep(8, 30);
        }

        Assert.Equal([new TracedStep(7, 10, 30, true), new TracedStep(8, 30, 50, true)], TraceReader.Read(Trace).Steps);
    }

    [Fact]
    public void TraceFile_OfMoreStepsThanItsLimit_HoldsTheFirstAndSaysSo()
    {
        using var file = new TraceFile(Trace, limits: new TraceLimits(Steps: 2));
        for (var step = 1; step <= 4; step++)
        {
            file.BeginStep(step, step * 1000);
            file.Add(new TraceSpan("compute", "a", step * 1000, (step * 1000) + 900, 0));
        }

        Assert.Equal($"{Trace} holds the first 2 steps; 2 spans after that were left out", file.Notice);
        var trace = TraceReader.Read(Trace);
        Assert.False(trace.IsCut);
        Assert.Equal("the trace ends here: it holds the first 2 steps", trace.Limit);
        Assert.Equal([new TracedStep(1, 1000, 2000, true), new TracedStep(2, 2000, 3000, true)], trace.Steps);
        Assert.Equal(2, trace.Spans.Count);
    }

    [Fact]
    public void TraceFile_OfMoreSpansThanItsLimit_HoldsTheFirstAndSaysSo()
    {
        using var file = new TraceFile(Trace, limits: new TraceLimits(Spans: 3));
        file.BeginStep(1, 0);
        for (var i = 0; i < 3; i++) file.Add(new TraceSpan("compute", "a", i, i + 1, 0));
        Assert.Null(file.Notice);
        for (var i = 3; i < 8; i++) file.Add(new TraceSpan("compute", "a", i, i + 1, 0));
        Assert.Equal($"{Trace} holds the first 3 spans; 5 spans after that were left out", file.Notice);
        var trace = TraceReader.Read(Trace);
        Assert.Equal(3, trace.Spans.Count);
        Assert.Equal([new TracedStep(1, 0, 3, IsWhole: false)], trace.Steps);
        JsonDocument.Parse(File.ReadAllText(Trace));
    }

    [Fact]
    public void TraceFile_Added_AllocatesNothing()
    {
        using var file = new TraceFile(Trace);
        for (var i = 0; i < 2000; i++) file.Add(new TraceSpan("upload", "model.layers.3", i, i + 1, 12345));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) file.Add(new TraceSpan("upload", "model.layers.3", i, i + 1, 12345));
        // A megabyte of events, in some twenty writes to the file.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    [Fact]
    public void TraceFile_OverATrace_ReplacesIt()
    {
        SampleTrace.Through(Trace, SampleTrace.Spans, SampleTrace.Steps);
        var trace = SampleTrace.Through(Trace, [new TraceSpan("compute", "z", 1, 2, 0)]);
        Assert.Equal("z", Assert.Single(trace.Spans).Name);
        JsonDocument.Parse(File.ReadAllText(Trace));
    }

    [Theory]
    [InlineData("{\"text\": \"a row of my data\"}\n")]
    [InlineData("[\n{\"ph\"")]
    public void TraceFile_OverAnotherFile_IsRefusedAndLeavesIt(string content)
    {
        File.WriteAllText(Trace, content);
        var problem = Assert.Throws<BadInputException>(() => new TraceFile(Trace));
        Assert.Contains(Trace, problem.Message);
        Assert.Equal(content, File.ReadAllText(Trace));
    }

    [Fact]
    public void TraceFile_InNoDirectory_IsRefused() =>
        Assert.Contains("absent", Assert.Throws<BadInputException>(() => new TraceFile(_folder["absent/trace.json"])).Message);

    [SkippableFact]
    public void TraceFile_OnADiskThatIsFull_IsAFailedRun()
    {
        Skip.IfNot(File.Exists("/dev/full"), "there is no /dev/full here");
        Assert.Contains("/dev/full", Assert.Throws<RunFailedException>(() => new TraceFile("/dev/full")).Message);
    }

    [Fact]
    public void TraceFile_AddedToAfterItsEnd_StaysAsItWas()
    {
        var file = new TraceFile(Trace);
        file.Add(new TraceSpan("compute", "a", 1, 2, 0));
        file.Dispose();
        var bytes = File.ReadAllBytes(Trace);
        file.Add(new TraceSpan("compute", "a", 2, 3, 0));
        file.BeginStep(1, 3);
        file.Dispose();
        Assert.Equal(bytes, File.ReadAllBytes(Trace));
        Assert.EndsWith("}\n]\n", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }
}
