using System.CommandLine;
using System.Text.Json;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo inspect</c>: what a file or directory is, and whether it is sound.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        var command = new Command(
            "inspect", "tell what a model directory, safetensors file, ledger or data file is, and whether it is sound");
        var path = new Argument<string>("PATH") { Description = "a file or a directory" };
        var json = new Option<bool>("--json") { Description = "print one line of JSON" };
        var identity = new Option<bool>("--identity") { Description = "print the canonical identity of a ledger's run" };
        var repair = new Option<bool>("--repair") { Description = "cut a ledger off where it is damaged" };
        command.Arguments.Add(path);
        command.Options.Add(json);
        command.Options.Add(identity);
        command.Options.Add(repair);
        command.SetAction(parsed =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var target = parsed.GetRequiredValue(path);
            if (parsed.GetValue(repair)) return Repair(Inspected.LedgerAt(target, "--repair"), output);
            if (parsed.GetValue(identity))
            {
                output.WriteLine(LedgerSummary.Read(Inspected.LedgerAt(target, "--identity")).Header.Identity.Canonical);
                return ExitCodes.Done;
            }

            var facts = Inspected.Of(target);
            if (parsed.GetValue(json)) output.WriteLine(MetricsLine.Write(facts.WriteJson));
            else foreach (var line in facts.Lines()) output.WriteLine(line);
            if (facts.Damage is null) return ExitCodes.Done;
            error.WriteLine($"distzo: {facts.Damage}");
            return ExitCodes.BadInput;
        });
        return command;
    }

    private static int Repair(string ledger, TextWriter output)
    {
        // Said before it is done: whoever sees the wrong number can still copy the file.
        var plan = Ledger.PlanRepair(ledger);
        if (plan.BytesCut == 0)
        {
            output.WriteLine($"{ledger} is sound: {plan.StepsKept} steps, nothing to repair");
            return ExitCodes.Done;
        }

        output.WriteLine(
            $"{ledger}: {plan.StepsKept} steps are sound; the last {plan.BytesCut} bytes go, "
            + $"in which {plan.StepsLost} more steps can be recognized");
        output.Flush();
        Ledger.Repair(ledger);
        output.WriteLine("cut; 'distzo train' with the same recipe goes on from there");
        return ExitCodes.Done;
    }
}
