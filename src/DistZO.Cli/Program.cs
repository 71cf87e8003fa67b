using System.CommandLine;
using DistZO.Cli.Commands;
using DistZO.Devices;

namespace DistZO.Cli;

/// <summary>The one executable. It only composes: commands read their options, call the layers below, and print.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        // Nothing here blocks in what follows a socket's readiness, so it runs where that is noticed: a step saves a tenth of its messages'
        // time. The runtime reads it when the first socket opens.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        return Run(args, Console.Out, Console.Error);
    }

    /// <summary>Runs one command line; results go to <paramref name="output"/>, everything else to <paramref name="error"/>.</summary>
    /// <returns>One of <see cref="ExitCodes"/>.</returns>
    internal static int Run(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand(
            "Fine-tunes large language models with zeroth-order optimization: no backward pass, the memory of inference.")
        {
            TrainCommand.Create(),
            CoordinatorCommand.Create(),
            WorkerCommand.Create(),
            StatusCommand.Create(),
            HealthCommand.Create(),
            SweepCommand.Create(),
            EvaluateCommand.Create(),
            GenerateCommand.Create(),
            ReplayCommand.Create(),
            ExportCommand.Create(),
            ForkCommand.Create(),
            VerifyCommand.Create(),
            InspectCommand.Create(),
            TraceCommand.Create(),
            TasksCommand.Create(),
            DoctorCommand.Create(),
            PlanCommand.Create(),
            BenchCommand.Create(),
        };

        // A prompt may begin with '@', which is no response file here.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (UsageProblem.Of(parsed) is { } problem) return Fail(error, problem, ExitCodes.BadInput);
        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (Exception e)
        {
            return Fail(error, e is AggregateException { InnerExceptions: [var first, ..] } ? first : e);
        }
    }

    private static int Fail(TextWriter error, Exception e) => e switch
    {
        BadInputException => Fail(error, e.Message, ExitCodes.BadInput),
        RunFailedException => Fail(error, e.Message, ExitCodes.Failed),
        IOException or UnauthorizedAccessException or OutOfMemoryException =>
            Fail(error, $"{e.Message.TrimEnd('.')}; what is committed in a ledger is safe, run the same command again", ExitCodes.Failed),
        _ => Fail(
            error,
            $"internal error: {e.GetType().Name}: {e.Message.ReplaceLineEndings(" ")} "
            + "(a fault of distzo; what is committed in a ledger is safe)",
            ExitCodes.Failed),
    };

    private static int Fail(TextWriter error, string message, int code)
    {
        error.WriteLine($"distzo: {message}");
        return code;
    }
}
