using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DistZO.Coordinator.Tests;

public sealed partial class MetricsTests
{
    [Fact]
    public async Task Metrics_OfARun_FollowTheTextFormat()
    {
        await using var host = await RunHost.Start();
        var response = await host.Client.GetAsync("/metrics");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        var text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("\n", text, StringComparison.Ordinal);
        var (family, series) = ("", new HashSet<string>());
        foreach (var line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal)) Assert.True(series.Add(family = line.Split(' ')[2]), line);
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal)) Assert.Equal(family, line.Split(' ')[2]);
            else
            {
                Assert.Matches(Sample(), line);
                Assert.True(series.Add(line[..line.LastIndexOf(' ')]) || !line.Contains('{'), $"twice: {line}");
                Assert.Equal(family, line.Split('{', ' ')[0]);
            }
        }
    }

    [Fact]
    public async Task Metrics_OfARun_SayWhatItDoes()
    {
        await using var host = await RunHost.Start();
        var lines = (await host.Client.GetStringAsync("/metrics")).Split('\n');
        Assert.Contains("distzo_steps_total 11482", lines);
        Assert.Contains("distzo_max_steps 20000", lines);
        Assert.Contains("distzo_run_state{state=\"training\"} 1", lines);
        Assert.Contains("distzo_run_state{state=\"failed\"} 0", lines);
        Assert.Contains("distzo_workers{state=\"hung\"} 1", lines);
        Assert.Contains("distzo_weights_bytes 500959232", lines);
        Assert.Contains(lines, line => line.StartsWith("distzo_evaluation{metric=\"accuracy\"} 0.9", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("distzo_worker_lag_steps{worker=\"echo\"} 412", StringComparison.Ordinal)
            || line.StartsWith("distzo_worker_lag_steps{worker=\"echo\"} ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("leto", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_OfWorkersWithOneNameOrOddOnes_KeepSeriesApartAndEscaped()
    {
        var status = await new FakeRunMonitor(new FakeRun { Step = 10 }).Status();
        var worker = FakeWorker.Several(1)[0].Status(new FakeRun { Step = 10 }, null, null, false, false);
        using var meter = new RunMeter();
        using var page = new MeterPage(meter.Meter);
        var picture = new RunPicture(
            status, [worker with { Name = "a" }, worker with { Name = "a" }, worker with { Name = "q\"\\\n{}" }]);
        var text = MetricsEndpoint.Write(picture, meter, page);
        Assert.Contains("distzo_worker_shares_total{worker=\"a\"} 10\n", text, StringComparison.Ordinal);
        Assert.Contains("distzo_worker_shares_total{worker=\"a#2\"} 10\n", text, StringComparison.Ordinal);
        Assert.Contains("distzo_worker_shares_total{worker=\"q\\\"\\\\\\n{}\"} 10\n", text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Metrics_BeforePromtool_AreFaultless()
    {
        var tool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "promtool"))
            .FirstOrDefault(File.Exists);
        Skip.If(tool is null, "promtool (Debian: prometheus) is not installed");
        await using var host = await RunHost.Start();
        var start = new ProcessStartInfo(tool, ["check", "metrics"]) { RedirectStandardInput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(await host.Client.GetStringAsync("/metrics"));
        process.StandardInput.Close();
        var said = await process.StandardError.ReadToEndAsync().WaitAsync(RunHost.Patience);
        await process.WaitForExitAsync().WaitAsync(RunHost.Patience);
        Assert.True(process.ExitCode == 0, said);
    }

    [GeneratedRegex("""^[a-z_]+(\{[a-z_]+="([^"\\]|\\["\\n])*"(,[a-z_]+="([^"\\]|\\["\\n])*")*\})? -?[0-9.E+-]+$""")]
    private static partial Regex Sample();
}
