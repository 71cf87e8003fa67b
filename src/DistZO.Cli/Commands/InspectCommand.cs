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
            "inspect", "tell what a model or adapter directory, safetensors file, ledger or data file is, and whether it is sound");
        var path = new Argument<string?>("PATH") { Description = "a file or a directory", Arity = ArgumentArity.ZeroOrOne };
        var json = new Option<bool>("--json") { Description = "print one line of JSON" };
        var identity = new Option<bool>("--identity") { Description = "print the canonical identity of a run: of a ledger, or of --config, --model and --data" };
        var repair = new Option<bool>("--repair") { Description = "cut a ledger off where it is damaged" };
        command.Arguments.Add(path);
        command.Options.Add(json);
        command.Options.Add(identity);
        command.Options.Add(repair);
        var recipeOptions = new RecipeOptions(command, [RecipeKeys.Model, RecipeKeys.TrainFile], hasFile: true);
        command.SetAction(parsed =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var recipe = recipeOptions.Over(Recipe.Default, parsed);
            var hasRecipe = recipe.ToJson() != Recipe.Default.ToJson();
            if (parsed.GetValue(path) is not { } target)
            {
                if (!parsed.GetValue(identity) || parsed.GetValue(repair)) throw new BadInputException("no PATH is given; name a file or a directory");
                return Identity(recipe, output);
            }

            if (hasRecipe) throw new BadInputException("--config, --model and --data are for --identity without a PATH; leave either away");
            if (parsed.GetValue(repair)) return Repair(Inspected.LedgerAt(target, "--repair"), output);
            if (parsed.GetValue(identity))
            {
                output.WriteLine(LedgerSummary.Read(Inspected.LedgerAt(target, "--identity")).Header.Identity.Canonical);
                return ExitCodes.Done;
            }

            var facts = Inspected.Of(target);
            if (parsed.GetValue(json)) output.WriteLine(MetricsLine.Write(facts.WriteJson));
            else foreach (var line in facts.Lines()) output.WriteLine(line);
            if (facts.Problem is null) return ExitCodes.Done;
            error.WriteLine($"distzo: {facts.Problem}");
            return ExitCodes.BadInput;
        });
        return command;
    }

    /// <summary>What a run of a recipe on this machine's files is, before there is a ledger.</summary>
    private static int Identity(Recipe recipe, TextWriter output)
    {
        using var inputs = RunInputs.Open(recipe, () => LocalDevices.Open(recipe));
        output.WriteLine(inputs.Identity(parent: null).Canonical);
        return ExitCodes.Done;
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
