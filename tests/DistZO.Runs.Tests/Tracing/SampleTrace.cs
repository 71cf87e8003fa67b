using DistZO.Devices;

namespace DistZO.Runs.Tests.Tracing;

/// <summary>A trace small enough to work out by hand, in milliseconds and megabytes.</summary>
internal static class SampleTrace
{
    /// <summary>
    /// Two steps of 25 ms. Kernels wait for uploads, and before the last of them for 1 ms more:
    /// <code>
    /// upload      aaaaaaaaaabbbbbbbbbb..........cccccccccccccc......
    /// compute     ..........aaaaa.....bbbbb....................ccccc
    /// write-back  ...............aaaaaaaaaaaaaaa....................
    /// </code>
    /// The upload of c waits for the buffer that the write-back of a frees.
    /// </summary>
    public static readonly TraceSpan[] Spans =
    [
        Span("upload", "a", 0, 10, 20),
        Span("compute", "a", 10, 15),
        Span("upload", "b", 10, 20, 20),
        Span("compute", "b fold", 20, 25),
        Span("write-back", "a", 15, 30, 60),
        Span("upload", "c", 30, 44, 28),
        Span("compute", "c", 45, 50),
    ];

    /// <summary>When its steps begin, in nanoseconds.</summary>
    public static readonly long[] Steps = [0, 25_000_000];

    /// <summary>Times in milliseconds, sizes in megabytes.</summary>
    public static TraceSpan Span(string track, string name, double begin, double end, double megabytes = 0) =>
        new(track, name, (long)(begin * 1e6), (long)(end * 1e6), (long)(megabytes * 1e6));

    /// <summary>Writes a file and reads it again.</summary>
    public static TraceContents Through(string path, IEnumerable<TraceSpan> spans, params long[] steps)
    {
        using (var file = new TraceFile(path))
        {
            for (var i = 0; i < steps.Length; i++) file.BeginStep(i + 1, steps[i]);
            foreach (var span in spans) file.Add(span);
        }

        return TraceReader.Read(path);
    }

    /// <summary>A trace that never was a file.</summary>
    public static TraceContents Of(params TraceSpan[] spans) => new()
    {
        Path = "trace.json",
        Spans = [.. spans.OrderBy(span => span.Begin)],
        Steps = [],
        Limit = null,
        IsCut = false,
        Begin = spans.Min(span => span.Begin),
        End = spans.Max(span => span.End),
    };
}
