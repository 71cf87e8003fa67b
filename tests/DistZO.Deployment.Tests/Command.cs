using System.ComponentModel;
using System.Diagnostics;

namespace DistZO.Deployment.Tests;

/// <summary>A program that ran to its end, and what it said on both streams.</summary>
internal sealed record Command(int ExitCode, string Output, string Error)
{
    /// <summary>Whatever takes this long has hung.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Both streams.</summary>
    public string Said => Output + Error;

    /// <summary>The lines of its error stream.</summary>
    public string[] Complaints => Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs a program; null if there is none of that name.</summary>
    public static Command? Try(IEnumerable<string> words, string? input = null, IEnumerable<KeyValuePair<string, string>>? environment = null)
    {
        var start = new ProcessStartInfo(words.First(), words.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var (name, value) in environment ?? []) start.Environment[name] = value;
        try
        {
            using var process = Process.Start(start)!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            process.StandardInput.Write(input ?? "");
            process.StandardInput.Close();
            if (process.WaitForExit(Limit)) return new Command(process.ExitCode, output.Result, error.Result);
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{string.Join(' ', words)}' does not end");
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    /// <summary>Runs a program that must succeed, and returns what it printed.</summary>
    public static string Run(params string[] words)
    {
        var ran = Try(words) ?? throw new InvalidOperationException($"there is no '{words[0]}'");
        return ran.ExitCode == 0 ? ran.Output.Trim() : throw new InvalidOperationException($"'{string.Join(' ', words)}' exits with {ran.ExitCode}: {ran.Said}");
    }
}
