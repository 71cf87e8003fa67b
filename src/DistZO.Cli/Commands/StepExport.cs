using System.CommandLine;
using DistZO.Cli.Terminal;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary>What <c>replay</c> and <c>export</c> have in common: the weights of one step as a Hugging Face directory.</summary>
internal sealed class StepExport
{
    private readonly LedgerArgument _ledger;
    private readonly RecipeOptions _recipe;
    private readonly Option<string> _output = new("--output") { Description = "folder for the model", HelpName = "DIR", Required = true };
    private readonly Option<int?> _step = new("--step") { Description = "the weights after so many steps [the last]", HelpName = "K" };
    private readonly Option<bool> _json = new("--json") { Description = "print the result as one line of JSON" };

    public StepExport(Command command)
    {
        _ledger = new LedgerArgument(command);
        command.Options.Add(_output);
        command.Options.Add(_step);
        _recipe = new RecipeOptions(command, [RecipeKeys.Model, RecipeKeys.SaveDtype, RecipeKeys.Threads, .. OwnPlacement.Keys], hasFile: false);
        command.Options.Add(_json);
    }

    public (LedgerContents Ledger, RunDirectory Run) ReadLedger(ParseResult parsed) => _ledger.Read(parsed);

    public int? Step(ParseResult parsed) => parsed.GetValue(_step);

    /// <summary>Rebuilds the weights, writes them and says so.</summary>
    /// <param name="ledger">The run.</param>
    /// <param name="step">The step wanted.</param>
    /// <param name="snapshots">Shortcuts; null to use nothing but base and ledger.</param>
    /// <param name="parsed">The command line.</param>
    public int Run(LedgerContents ledger, int step, SnapshotStore? snapshots, ParseResult parsed)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var directory = parsed.GetRequiredValue(_output);
        if (File.Exists(new RunDirectory(directory).Ledger))
        {
            throw new BadInputException(
                $"'{directory}' is the output directory of a run, which writes its weights there itself; choose another --output");
        }

        var chain = ledger.ChainAt(step);
        if (ledger.TornNotice is { } torn) error.WriteLine(torn);
        var recipe = _recipe.Flags(Recipe.Default, parsed);
        using var placement = new OwnPlacement(recipe);
        using var replay = LedgerReplay.Open(ledger, LedgerArgument.ModelOf(recipe, ledger), placement.Over, () => LocalDevices.Open(recipe), error.WriteLine);
        var progress = new ReplayProgress(error, step, TimeProvider.System);
        var from = replay.MoveTo(step, snapshots, error.WriteLine, progress.Reached);
        replay.Export(directory, recipe.Get(RecipeKeys.SaveDtype));
        var digest = replay.Digest();
        var held = ledger.Header.Identity.Recipe.Get(RecipeKeys.WeightsDtype).Name();
        output.WriteLine(parsed.GetValue(_json)
            ? MetricsLine.Write(json =>
            {
                json.WriteNumber("step", step);
                json.WriteString("chain", chain.ToString());
                json.WriteString("weights_digest", digest);
                json.WriteString("weights_dtype", held);
                json.WriteNumber("replayed_from", from);
                json.WriteString("output", directory);
            })
            : $"step {step} of {ledger.Path} (chain {chain}) is in {directory}; weights digest {digest} (as {held})");
        return ExitCodes.Done;
    }
}
