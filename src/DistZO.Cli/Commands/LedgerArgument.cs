using System.CommandLine;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary>The argument LEDGER: a <c>.zol</c> file, or the output directory of its run.</summary>
internal sealed class LedgerArgument
{
    private readonly Argument<string> _argument = new("LEDGER") { Description = "run.zol, or the output directory that holds it" };

    public LedgerArgument(Command command) => command.Arguments.Add(_argument);

    /// <summary>Reads and verifies all of the ledger; the directory is where its run keeps what goes with it.</summary>
    public (LedgerContents Ledger, RunDirectory Run) Read(ParseResult parsed)
    {
        var path = parsed.GetRequiredValue(_argument);
        if (!Directory.Exists(path))
        {
            var home = Path.GetDirectoryName(path) is { Length: > 0 } parent ? parent : ".";
            return (Ledger.Read(path), new RunDirectory(home));
        }

        var run = new RunDirectory(path);
        if (!File.Exists(run.Ledger))
            throw new BadInputException($"'{path}' holds no {RunDirectory.LedgerName}; give a ledger or the output directory of a run");
        return (Ledger.Read(run.Ledger), run);
    }

    /// <summary>The base model's directory: as given, or where it was when the run began.</summary>
    public static string ModelOf(Recipe given, LedgerContents ledger)
    {
        if (given.Get(RecipeKeys.Model) is { } model) return model;
        var then = ledger.Header.Recipe.Get(RecipeKeys.Model);
        if (Directory.Exists(then)) return then;
        var where = then is null ? "" : $" ('{then}')";
        throw new BadInputException(
            $"--model is not given, and the base model is not where it was when {ledger.Path} began{where}; give its directory");
    }
}
