using System.CommandLine;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo export</c>: the weights of the best or any other step of a run, with its snapshots as shortcuts.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var command = new Command("export", "write the weights of a run's best or any other step");
        var export = new StepExport(command);
        var best = new Option<bool>("--best") { Description = "the step of the best evaluation" };
        command.Options.Add(best);
        command.SetAction(parsed =>
        {
            var (ledger, run) = export.ReadLedger(parsed);
            var step = export.Step(parsed);
            if (parsed.GetValue(best))
            {
                if (step is not null) throw new BadInputException("--best and --step are both given; keep one");
                step = Best(ledger, run);
            }

            return export.Run(ledger, step ?? (int)ledger.Steps, new SnapshotStore(run.Snapshots, int.MaxValue), parsed);
        });
        return command;
    }

    private static int Best(LedgerContents ledger, RunDirectory run)
    {
        var metric = BestStep.MetricName(ledger.Header.Recipe);
        return BestStep.Of(new EvaluationLog(run.Evaluations).Of(ledger), metric)?.Step
            ?? throw new BadInputException($"--best: {run.Evaluations} has no evaluation of this run by {metric}; give --step");
    }
}
