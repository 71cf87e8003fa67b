using System.CommandLine;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo replay</c>: the weights of a step from base model and ledger alone, whatever else the run left behind.</summary>
internal static class ReplayCommand
{
    public static Command Create()
    {
        var command = new Command("replay", "rebuild the weights of a step from the base model and the ledger alone");
        var export = new StepExport(command);
        command.SetAction(parsed =>
        {
            var (ledger, _) = export.ReadLedger(parsed);
            return export.Run(ledger, export.Step(parsed) ?? (int)ledger.Steps, snapshots: null, parsed);
        });
        return command;
    }
}
