using System.CommandLine;
using DistZO.Cli.Commands;
using DistZO.Devices;

namespace DistZO.Cli;

/// <summary>The one executable. It only composes: commands read their options, call the layers below, and print.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        var root = new RootCommand("Fine-tunes large language models with zeroth-order optimization: no backward pass, the memory of inference.")
        {
            TrainCommand.Create(),
            BenchCommand.Create(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"distzo: {parsed.Errors[0].Message} (see distzo {string.Join(' ', args.TakeWhile(a => !a.StartsWith('-')))} --help)");
            return ExitCodes.BadInput;
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        }
        catch (BadInputException e)
        {
            Console.Error.WriteLine($"distzo: {e.Message}");
            return ExitCodes.BadInput;
        }
        catch (RunFailedException e)
        {
            Console.Error.WriteLine($"distzo: {e.Message}");
            return ExitCodes.Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            Console.Error.WriteLine($"distzo: {e.Message.TrimEnd('.')}; what is committed in the ledger is safe, run the same command again");
            return ExitCodes.Failed;
        }
    }
}
