using System.Diagnostics;

namespace DistZO.Cli.Tests.Commands;

/// <summary>What a command line came to.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>The one line that a failed command says.</summary>
    public string Problem(int exitCode)
    {
        Assert.Equal(exitCode, ExitCode);
        var line = Assert.Single(Error.Split('\n'), text => text.StartsWith("distzo: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error);
        Assert.DoesNotContain("internal error", line);
        return line["distzo: ".Length..];
    }

    /// <summary>The output of a command that must succeed.</summary>
    public string Done()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Error}");
        return Output;
    }
}

/// <summary>Runs command lines: in this process, which is fast, or as real processes, which can be killed.</summary>
internal static class Distzo
{
    public static Outcome Run(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = Program.Run(args, output, error);
        return new Outcome(exitCode, output.ToString(), error.ToString());
    }

    public static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "distzo.dll"));
        foreach (var arg in args) start.ArgumentList.Add(arg);
        return Process.Start(start)!;
    }

    /// <summary>Starts a command and kills it (SIGKILL) once its error stream has a line that begins like this.</summary>
    /// <returns>False if it had ended by itself.</returns>
    public static bool KillAt(string line, params string[] args)
    {
        using var process = Start(args);
        while (process.StandardError.ReadLine() is { } said && !said.StartsWith(line, StringComparison.Ordinal))
        {
        }

        process.Kill();
        process.WaitForExit();
        return process.ExitCode == 128 + 9;
    }
}
