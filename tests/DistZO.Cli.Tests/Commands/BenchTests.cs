using System.Text.Json;
using DistZO.Cli.Benchmarks;

namespace DistZO.Cli.Tests.Commands;

/// <summary>The figures of the distributed part at their smallest: that they are there, never what they come to.</summary>
public class BenchTests
{
    [Fact]
    public void Coordinator_FewWorkers_TellsEveryNumber()
    {
        AssertFinite(
            Figure("coordinator", "--steps", "20", "--workers", "3", "--share-ms", "1", "--crowd", "5"),
            "overhead_us", "overhead_p95_us", "messages_us", "bookkeeping_us", "fsync_us", "payload_up_bytes", "payload_down_bytes", "socket_bytes",
            "packets", "socket_bytes_with_tcp_ip", "crowd_steps_per_second");
    }

    [SkippableFact]
    public void Scaling_SmallShape_TellsTermsAndRatios()
    {
        Skip.If(ScalingBenchmark.Obstacle() is not null, ScalingBenchmark.Obstacle());
        string[] terms = ["t1_seconds", "t2_seconds", "t_gemm_seconds", "t_z_seconds", "speedup", "limit", "ratio"];
        string[] slowed = ["slowed_part", "slowed_speedup", "slowed_sum_of_speeds", "slowed_ratio", "slowed_limit"];
        string[] cases = ["pertp_1", "pertp", "dp", "auto", "2d_q2"];
        AssertFinite(
            Figure("scaling", "--shape", "tiny", "--tokens", "8", "--batch", "4", "--steps", "1"),
            [.. cases.SelectMany(name => terms.Select(term => $"{name}_{term}")), .. slowed]);
    }

    [Fact]
    public void CatchUp_SmallShape_TellsTimeAndLimit()
    {
        AssertFinite(
            Figure("catchup", "--shape", "tiny", "--steps", "3", "--threads", "1", "--tokens", "8"),
            "seconds", "pass_seconds", "z_seconds", "limit_seconds", "ratio");
    }

    [Fact]
    public void Telemetry_SmallShape_ExportsAndTellsTheCost()
    {
        var figure = Figure("telemetry", "--shape", "tiny", "--steps", "8", "--threads", "1", "--tokens", "8", "--batch", "2");
        AssertFinite(figure, "step_seconds", "traced_step_seconds", "cost", "processor_seconds", "traced_processor_seconds", "processor_cost");
        Assert.True(figure.GetProperty("exports").GetInt64() > 0);
    }

    private static JsonElement Figure(params string[] args)
    {
        using var json = JsonDocument.Parse(Distzo.Run(["bench", .. args, "--json"]).Done());
        var figure = json.RootElement.Clone();
        Assert.Equal(args[0], figure.GetProperty("benchmark").GetString());
        return figure;
    }

    private static void AssertFinite(JsonElement figure, params string[] fields)
    {
        // What is not finite would be null.
        foreach (var field in fields) Assert.True(figure.GetProperty(field).ValueKind == JsonValueKind.Number, $"{field} is no number");
    }
}
