using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Terminal;

/// <summary>Chooses how a run is shown: JSON lines if asked for, a live line on a terminal, plain lines elsewhere.</summary>
internal static class ConsoleReporters
{
    /// <summary>
    /// Progress goes to the error stream, so that the output stream holds results alone; <c>--log-json</c> is asked for by programs
    /// and goes to the output stream.
    /// </summary>
    public static IRunReporter Create(bool logJson, int loggingSteps, TextWriter output, TextWriter error, TimeProvider time, LogContext context)
    {
        if (IsJson(logJson)) return new JsonLogReporter(output, loggingSteps, context, time);
        var dumb = Environment.GetEnvironmentVariable("TERM") is "dumb";
        if (error != Console.Error || Console.IsErrorRedirected || dumb) return new PlainReporter(error, loggingSteps);
        var colour = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        return new ProgressBar(error, TerminalSize.Width, time, colour);
    }

    /// <summary>For what has no steps of its own to show: lines only.</summary>
    public static IRunReporter CreatePlain(bool logJson, TextWriter output, TextWriter error, LogContext context) =>
        IsJson(logJson) ? new JsonLogReporter(output, loggingSteps: 1, context, TimeProvider.System) : new PlainReporter(error, loggingSteps: 1);

    private static bool IsJson(bool asked) => LogFormat.IsJson(asked, Environment.GetEnvironmentVariable(LogFormat.Variable));
}
