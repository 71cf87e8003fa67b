using System.Globalization;
using System.Xml.Linq;
using DistZO.Devices;

namespace DistZO.Runs.Tests.Tracing;

public sealed class TracePictureTests : IDisposable
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Picture_OfASmallTrace_HasALaneATrackWithItsSpansAndGaps()
    {
        var trace = SampleTrace.Through(_folder["trace.json"], SampleTrace.Spans, SampleTrace.Steps);
        var picture = Draw(trace);
        // 856 pixels are 50 ms, from 150 on; lanes are 38 pixels apart.
        Assert.Equal(["150 218 856 30", "150 256 856 30", "150 294 856 30"], Boxes(picture, "lane"));
        Assert.Equal(["321.2 218 85.6 30", "492.4 218 85.6 30", "920.4 218 85.6 30"], Boxes(picture, "span compute"));
        Assert.Equal(["150 256 171.2 30", "321.2 256 171.2 30", "663.6 256 239.7 30"], Boxes(picture, "span upload"));
        Assert.Equal(["406.8 294 256.8 30"], Boxes(picture, "span away"));
        Assert.Equal(["150 218 171.2 30", "406.8 218 85.6 30", "578 218 342.4 30"], Boxes(picture, "idle").Take(3));
        Assert.Equal(["10.0 ms", "5.00 ms", "20.0 ms"], Texts(picture, "gap"));
        Assert.Equal(["a", "b fold", "c", "a", "b", "c", "a"], Texts(picture, "name"));
        Assert.Contains("idle for 20.0 ms; it waits 14.0 ms for upload of c, 5.00 ms for write-back of a, 1.00 ms for something that is not in the trace", Titles(picture));
        Assert.Contains("write-back: a, 15.0 ms, 60.0 MB at 4.00 GB/s", Titles(picture));
        Assert.Equal(["70.0%", "20.4%", "128 MB", "25.0 ms"], Texts(picture, "figure"));
        Assert.Equal(["steps 1 to 2", "What idle kernels waited for: upload (83%), write-back (14%), something that is not in the trace (3%)"], Texts(picture, "title"));
        Assert.Equal(["30.0%", "68.0%", "68.0 MB", "2.00 GB/s", "30.0%", "60.0 MB", "4.00 GB/s"], Texts(picture, "end"));
        Assert.Equal(["0 ms", "10 ms", "20 ms", "30 ms", "40 ms", "50 ms"], Texts(picture, "small muted middle"));
        Assert.Equal(2, picture.Descendants(Svg + "path").Count(path => (string?)path.Attribute("class") == "step"));
    }

    [Fact]
    public void Picture_OfManySteps_ShowsOneOfMedianLengthBelow()
    {
        var trace = Simulated(steps: 12, blocks: 9);
        var picture = Draw(trace);
        Assert.Equal(["steps 1 to 12", "step 7, of median length (315 ms)"], Texts(picture, "title").Take(2));
        Assert.Equal(6, Boxes(picture, "lane").Count);
        Assert.Single(Boxes(picture, "zoom"));
        Assert.Contains("lm_head", Texts(picture, "name"));
        Assert.Contains("7", Texts(picture, "name"));
    }

    [Fact]
    public void Picture_OfTenThousandSpans_HasNoMoreShapesThanPixels()
    {
        var trace = Simulated(steps: 120, blocks: 30);
        Assert.Equal(10_800, trace.Spans.Count);
        var picture = Draw(trace);
        Assert.InRange(picture.Descendants(Svg + "rect").Count(), 100, 3 * 856);
        var merged = picture.Descendants(Svg + "rect").Where(box => (string?)box.Attribute("class") == "upload" && box.Element(Svg + "title") is not null).ToList();
        Assert.NotEmpty(merged);
        Assert.All(merged, box => Assert.Contains(" short spans, busy ", box.Value));
    }

    [Fact]
    public void Picture_NamesWithMarkup_AreEscaped()
    {
        const string Name = "<script>alert(\"&\")</script>";
        var trace = SampleTrace.Of(
            SampleTrace.Span("compute", Name, 0, 10), SampleTrace.Span("compute", "\u0001\uFFFF\uD800", 20, 30), SampleTrace.Span("up<load", Name, 0, 20, 1));
        var picture = Draw(trace);
        Assert.Empty(picture.Descendants(Svg + "script"));
        Assert.Contains(Name, Texts(picture, "name"));
        Assert.Contains("up<load", picture.Descendants(Svg + "text").Select(text => text.Value));
    }

    [Fact]
    public void Picture_Any_NeedsNothingElse()
    {
        var trace = Simulated(steps: 12, blocks: 9);
        var report = TraceAnalysis.Of(trace, TraceWindow.All(trace));
        foreach (var text in new[] { TracePicture.Svg(trace, report), TracePicture.Html(trace, report) })
        {
            var rest = text.Replace(Svg.NamespaceName, "", StringComparison.Ordinal);
            Assert.DoesNotContain("http", rest);
            Assert.DoesNotContain("<script", rest);
            Assert.DoesNotContain("@import", rest);
            Assert.Contains("prefers-color-scheme: dark", rest);
        }

        Assert.StartsWith("<!doctype html>", TracePicture.Html(trace, report), StringComparison.Ordinal);
    }

    [Fact]
    public void Picture_OfATraceThatIsCut_SaysSo()
    {
        var trace = SampleTrace.Of(SampleTrace.Spans) with { IsCut = true, Limit = "the trace ends here: it holds the first 2 steps" };
        Assert.Contains("trace.json · 50.0 ms · cut off: its run was killed, or goes on · the trace ends here: it holds the first 2 steps", Texts(Draw(trace), "muted"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1e3)]
    [InlineData(1e15)]
    public void Picture_OfATraceOfAnyLength_IsWellFormed(double nanoseconds)
    {
        var picture = Draw(SampleTrace.Of(new TraceSpan("compute", "a", 5, 5 + (long)nanoseconds, 0)));
        Assert.InRange(Texts(picture, "small muted middle").Count, 1, 12);
    }

    private static XElement Draw(TraceContents trace) => XDocument.Parse(TracePicture.Svg(trace, TraceAnalysis.Of(trace, TraceWindow.All(trace)))).Root!;

    private static List<string> Boxes(XElement picture, string style) =>
    [
        .. picture.Descendants(Svg + "rect").Where(box => (string?)box.Attribute("class") == style)
            .Select(box => string.Join(' ', new[] { "x", "y", "width", "height" }.Select(name => Number(box.Attribute(name)!)))),
    ];

    private static string Number(XAttribute attribute) => ((double)attribute).ToString("0.#", CultureInfo.InvariantCulture);

    private static List<string> Texts(XElement picture, string style) =>
        [.. picture.Descendants(Svg + "text").Where(text => (string?)text.Attribute("class") == style).Select(text => text.Value)];

    private static List<string> Titles(XElement picture) => [.. picture.Descendants(Svg + "title").Select(title => title.Value)];

    private TraceContents Simulated(int steps, int blocks)
    {
        var path = _folder["simulated.json"];
        using (var file = new TraceFile(path)) new SimulatedStreaming().Run(file, steps, blocks);
        return TraceReader.Read(path);
    }
}
