using System.Diagnostics;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>Prometheus' own checker; tests are skipped, by name, where it is not installed.</summary>
internal static class Promtool
{
    public static void Require(params string[] args)
    {
        var tool = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, "promtool")).FirstOrDefault(File.Exists);
        Skip.If(tool is null, "promtool (Debian: prometheus) is not installed");
        using var process = Process.Start(new ProcessStartInfo(tool, args) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        Assert.True(process.WaitForExit(TimeSpan.FromMinutes(1)), "promtool hangs");
        Assert.True(process.ExitCode == 0, output.Result + error.Result);
    }
}
