using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DistZO.Cli.Benchmarks.Gpu;

/// <summary>Steps of another program on the same GPU: one that takes a shape, a batch and a number format, and prints JSON with <c>tokens_per_second</c>.</summary>
internal static class PeerSteps
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Tokens a second, or why there is no such figure.</summary>
    public static (double TokensPerSecond, string? Problem) Run(string script, BenchmarkOptions options)
    {
        var start = new ProcessStartInfo("python3") { RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            script, "--shape", options.Shape.Replace("opt-", "", StringComparison.Ordinal), "--device", "cuda", "--dtype", "float16", "--batch", Text(options.Batch), "--tokens", Text(options.Tokens), "--steps", "3",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            if (!process.WaitForExit(Patience))
            {
                process.Kill(entireProcessTree: true);
                return (double.NaN, $"it takes longer than {Patience.TotalSeconds:0} s");
            }

            if (process.ExitCode != 0) return (double.NaN, errors.Result.Trim().Split('\n')[^1]);
            using var json = JsonDocument.Parse(output.Result.Trim().Split('\n')[^1]);
            return (json.RootElement.GetProperty("tokens_per_second").GetDouble(), null);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return (double.NaN, e.Message);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
