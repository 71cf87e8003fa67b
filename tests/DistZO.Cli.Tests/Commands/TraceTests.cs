using System.CommandLine;
using System.Text.Json;
using System.Xml.Linq;
using DistZO.Cli.Commands;
using DistZO.Devices;
using DistZO.Runs;

namespace DistZO.Cli.Tests.Commands;

public sealed class TraceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Trace => _folder["trace.json"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Trace_File_PrintsATableAndDrawsAPicture()
    {
        Write();
        Assert.Equal(
            $"""
            {Trace}: steps 1 to 2, 50.0 ms, 7 spans

            track          busy     idle   share     moved        rate  hidden
            compute     15.0 ms  35.0 ms   30.0%
            upload      34.0 ms  16.0 ms   68.0%   68.0 MB   2.00 GB/s   14.7%
            write-back  15.0 ms  35.0 ms   30.0%   60.0 MB   4.00 GB/s   33.3%

            a step takes 25.0 ms on average
            transfers are hidden behind computing for 20.4% of their time
            compute is idle for 70.0% of the time; it waits for upload (83%), write-back (14%), something that is not in the trace (3%):
               14.0 ms  40.0%  upload of c (once)
               10.0 ms  28.6%  upload of a (once)
               5.00 ms  14.3%  upload of b (once)
               5.00 ms  14.3%  write-back of a (once)
               1.00 ms   2.9%  something that is not in the trace (once)
            Compute is idle for 70% of the time, the upload stream for 32%: they wait for each other.
            picture: {_folder["trace.svg"]}

            """,
            Distzo.Run("trace", Trace).Done());
        Assert.Equal("svg", XDocument.Load(_folder["trace.svg"]).Root!.Name.LocalName);
    }

    [Fact]
    public void Trace_Json_IsTheSameInOneLine()
    {
        Write();
        var line = Assert.Single(Distzo.Run("trace", Trace, "--json", "--output", _folder["p.html"]).Done().TrimEnd().Split('\n'));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(0.204082, json.GetProperty("overlap").GetDouble());
        Assert.Equal(0.7, json.GetProperty("compute_idle").GetDouble());
        Assert.Equal(0.025, json.GetProperty("step_seconds").GetDouble());
        Assert.Equal(128_000_000, json.GetProperty("bytes").GetInt64());
        Assert.Equal(_folder["p.html"], json.GetProperty("picture").GetString());
        var upload = json.GetProperty("tracks")[1];
        Assert.Equal(("upload", 0.034, 0.016), (upload.GetProperty("track").GetString(), upload.GetProperty("busy_seconds").GetDouble(), upload.GetProperty("idle_seconds").GetDouble()));
        Assert.Equal((68_000_000, 2e9), (upload.GetProperty("bytes").GetInt64(), upload.GetProperty("bytes_per_second").GetDouble()));
        Assert.Equal(
            ["upload c 0.014", "upload a 0.01", "upload b 0.005", "write-back a 0.005", "  0.001"],
            json.GetProperty("waits").EnumerateArray().Select(wait => $"{wait.GetProperty("track")} {wait.GetProperty("name")} {wait.GetProperty("seconds")}"));
        Assert.StartsWith("<!doctype html>", File.ReadAllText(_folder["p.html"]), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder["trace.svg"]));
    }

    [Theory]
    [InlineData("step 2, 25.0 ms, 3 spans", "--steps", "2")]
    [InlineData("steps 1 to 2, 50.0 ms, 7 spans", "--steps", "1-2")]
    [InlineData("0.012 s to 0.018 s, 6.00 ms, 3 spans", "--from", "0.012", "--to", "0.018")]
    [InlineData("0 s to 0.02 s, 20.0 ms, 4 spans", "--to", "0.02")]
    [InlineData("0.02 s to 0.05 s, 30.0 ms, 4 spans", "--from", "0.02")]
    public void Trace_OfAPart_IsOfThatPart(string said, params string[] part)
    {
        Write();
        Assert.StartsWith($"{Trace}: {said}\n", Distzo.Run(["trace", Trace, .. part]).Done(), StringComparison.Ordinal);
    }

    [Fact]
    public void Trace_OfAKilledRun_SaysSo()
    {
        Write();
        var bytes = File.ReadAllBytes(Trace);
        File.WriteAllBytes(Trace, bytes[..^30]);
        var output = Distzo.Run("trace", Trace).Done();
        Assert.Contains("6 spans", output);
        Assert.Contains("it is cut off: its run was killed, or goes on", output);
        Assert.True(JsonDocument.Parse(Distzo.Run("trace", Trace, "--json").Done()).RootElement.GetProperty("cut_off").GetBoolean());
    }

    [Theory]
    [InlineData("holds the steps 1 to 2; 3 to 4 are not among them", "--steps", "3-4")]
    [InlineData("--steps: '2-1' is no range of steps", "--steps", "2-1")]
    [InlineData("--steps: '1-2-3' is no range of steps", "--steps", "1-2-3")]
    [InlineData("--steps: 'two' is no range of steps", "--steps", "two")]
    [InlineData("--steps and --from or --to are both given", "--steps", "1", "--to", "1")]
    [InlineData("is 0.05 s long", "--from", "7")]
    [InlineData("--output: 'p.png' ends in neither .svg nor .html", "--output", "p.png")]
    [InlineData("absent", "--output", "/absent/p.svg")]
    public void Trace_WithAFlagThatCannotBe_IsRefused(string problem, params string[] flags)
    {
        Write();
        Assert.Contains(problem, Distzo.Run(["trace", Trace, .. flags]).Problem(2));
    }

    [Fact]
    public void Trace_WhatIsNone_IsRefused()
    {
        Assert.Contains("cannot read", Distzo.Run("trace", _folder["absent.json"]).Problem(2));
        File.WriteAllText(Trace, "");
        Assert.Contains("is empty", Distzo.Run("trace", Trace).Problem(2));
        File.WriteAllText(Trace, "{\"step\":1,\"loss\":2.3}\n");
        Assert.Contains($"'{Trace}' is no trace", Distzo.Run("trace", Trace).Problem(2));
        Assert.Contains("Required argument missing", Distzo.Run("trace").Problem(2));
        Assert.False(File.Exists(_folder["trace.svg"]));
    }

    [Fact]
    public void Trace_ThatIsNamedAsItsPicture_IsNotReplaced()
    {
        Write();
        File.Move(Trace, _folder["trace.svg"]);
        Assert.Contains("would replace the trace", Distzo.Run("trace", _folder["trace.svg"]).Problem(2));
    }

    [Fact]
    public void TraceOption_IsGiven_OpensAFile()
    {
        var command = new Command("train");
        var option = new TraceOption(command);
        Assert.Null(option.Open(command.Parse([])));
        using (var file = option.Open(command.Parse(["--trace", Trace])))
        {
            Assert.NotNull(file);
            file.Add(new TraceSpan("compute", "a", 0, 1, 0));
        }

        Assert.Single(TraceReader.Read(Trace).Spans);
    }

    [SkippableFact]
    public void TraceFile_WhenTheDiskBecomesFull_EndsAndTheRunGoesOn()
    {
        using var disk = new SmallDisk(_folder["disk"], "256k");
        using var file = new TraceFile(_folder["disk/trace.json"]);
        for (var i = 0; i < 10_000; i++) file.Add(new TraceSpan("upload", "model.layers.3", i, i + 1, 12345));
        Assert.Matches(@"^the trace ended early: cannot write '.*disk/trace\.json' \(.*\); [\d,]+ spans after that were left out$", file.Notice);
        Assert.True(TraceReader.Read(_folder["disk/trace.json"]).IsCut);
    }

    /// <summary>Two steps whose figures are easily worked out, in milliseconds and megabytes.</summary>
    private void Write()
    {
        using var file = new TraceFile(Trace);
        file.BeginStep(1, 0);
        Add("upload", "a", 0, 10, 20);
        Add("compute", "a", 10, 15, 0);
        Add("upload", "b", 10, 20, 20);
        Add("compute", "b", 20, 25, 0);
        file.BeginStep(2, 25_000_000);
        Add("write-back", "a", 15, 30, 60);
        Add("upload", "c", 30, 44, 28);
        Add("compute", "c", 45, 50, 0);

        void Add(string track, string name, long begin, long end, long megabytes) =>
            file.Add(new TraceSpan(track, name, begin * 1_000_000, end * 1_000_000, megabytes * 1_000_000));
    }
}
