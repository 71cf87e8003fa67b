using DistZO.Devices;

namespace DistZO.Runs.Tests.Tracing;

public sealed class TraceReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder["trace.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TraceReader_FileCutAnywhere_GivesWhatIsWhole()
    {
        var whole = SampleTrace.Through(Trace, SampleTrace.Spans, SampleTrace.Steps);
        var bytes = File.ReadAllBytes(Trace);
        for (var length = 0; length < bytes.Length - 2; length++)
        {
            File.WriteAllBytes(Trace, bytes[..length]);
            // A line whose comma or newline is missing is whole too.
            var expected = CountOf(bytes[..length]);
            if (expected == 0)
            {
                Assert.Contains(Trace, Assert.Throws<BadInputException>(() => TraceReader.Read(Trace)).Message);
                continue;
            }

            var trace = TraceReader.Read(Trace);
            Assert.True(trace.IsCut);
            Assert.Equal(SampleTrace.Spans.Take(expected).OrderBy(span => span.Begin), trace.Spans.OrderBy(span => span.Begin));
            Assert.False(trace.Steps[^1].IsWhole);
        }

        Assert.Equal(SampleTrace.Spans.Length, whole.Spans.Count);
    }

    [Fact]
    public void TraceReader_ZerosOfAPowerCut_EndTheTrace()
    {
        SampleTrace.Through(Trace, SampleTrace.Spans);
        var bytes = File.ReadAllBytes(Trace);
        bytes.AsSpan(bytes.Length * 2 / 3).Clear();
        File.WriteAllBytes(Trace, bytes);
        Assert.True(TraceReader.Read(Trace).IsCut);
    }

    [Theory]
    [InlineData(null, "cannot read")]
    [InlineData("", "is empty")]
    [InlineData("[1, 2]", "is no trace")]
    [InlineData("{\"traceEvents\": []}", "is no trace")]
    [InlineData("hello\n", "is no trace")]
    [InlineData("@", "without any spans")]
    [InlineData("@,\n{},\n{}\n]\n", ":3: a field is missing")]
    [InlineData("@,\n[],\n{}\n]\n", ":3: a field is missing")]
    [InlineData("@,\n{\"ph\":\"X\",\n{}\n]\n", ":3: it is not JSON")]
    [InlineData("@,\n{\"ph\":\"X\",\"name\":\"a\",\"pid\":1,\"tid\":9,\"ts\":1,\"dur\":1},\n{}\n]\n", ":3: its track has no name")]
    [InlineData("@#,\n{\"ph\":\"X\",\"name\":\"a\",\"pid\":1,\"tid\":1,\"ts\":1,\"dur\":-1},\n{}\n]\n", ":4: it ends before it begins")]
    [InlineData("@#,\n{\"ph\":\"X\",\"name\":\"a\",\"pid\":1,\"tid\":1,\"ts\":1,\"dur\":1,\"args\":{\"bytes\":-4}},\n{}\n]\n", ":4: it moves -4 bytes")]
    [InlineData("@#,\n{\"ph\":\"X\",\"name\":\"a\",\"pid\":1,\"tid\":1,\"ts\":1e30,\"dur\":1},\n{}\n]\n", ":4: a field is missing or of another kind")]
    [InlineData("@#,\n{\"ph\":\"X\",\"name\":\"\\ud800\",\"pid\":1,\"tid\":1,\"ts\":1,\"dur\":1},\n{}\n]\n", ":4: a field is missing or of another kind")]
    public void TraceReader_WhatIsNoTrace_IsOneClearError(string? content, string problem)
    {
        const string Head = "[\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"args\":{\"name\":\"distzo\"}}";
        const string Track = ",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":1,\"args\":{\"name\":\"upload\"}}";
        if (content is not null) File.WriteAllText(Trace, content.Replace("@", Head, StringComparison.Ordinal).Replace("#", Track, StringComparison.Ordinal));
        var message = Assert.Throws<BadInputException>(() => TraceReader.Read(Trace)).Message;
        Assert.Contains(Trace, message);
        Assert.Contains(problem, message);
    }

    [Fact]
    [Trait("Category", "Fuzz")]
    public void TraceReader_DamagedFile_IsReadOrRefused()
    {
        SampleTrace.Through(Trace, SampleTrace.Spans, SampleTrace.Steps);
        var (sound, random, read) = (File.ReadAllBytes(Trace), new Random(7), 0);
        for (var round = 0; round < Fuzz.Rounds; round++)
        {
            File.WriteAllBytes(Trace, Fuzz.Mutate(random, sound, sound.Length));
            try
            {
                var trace = TraceReader.Read(Trace);
                var report = TraceAnalysis.Of(trace, TraceWindow.All(trace));
                if (read++ % 10 == 0) TracePicture.Svg(trace, report);
            }
            catch (BadInputException e)
            {
                Assert.Contains(Trace, e.Message);
            }
        }

        Assert.InRange(read, Fuzz.Rounds / 20, Fuzz.Rounds * 19 / 20);
    }

    /// <summary>How many whole spans some first bytes of a file hold.</summary>
    private static int CountOf(byte[] bytes) =>
        System.Text.Encoding.UTF8.GetString(bytes).Split('\n').Count(line => line.StartsWith("{\"ph\":\"X\"", StringComparison.Ordinal) && IsWhole(line));

    private static bool IsWhole(string line) => line.Count(c => c == '{') == line.Count(c => c == '}');
}
