using System.CommandLine;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo verify</c>: recomputes the losses of random steps and compares them bit for bit with the ledger.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var command = new Command("verify", "recompute the losses of random steps and compare them bit for bit");
        var argument = new LedgerArgument(command);
        var recipeOptions = new RecipeOptions(command, [RecipeKeys.Model, RecipeKeys.TrainFile, RecipeKeys.Threads, .. OwnPlacement.Keys], hasFile: false);
        var samples = new Option<int>("--samples") { Description = "how many steps [20]", HelpName = "N", DefaultValueFactory = _ => 20 };
        var seed = new Option<int?>("--sampling-seed") { Description = "picks the steps, to repeat an audit [random]", HelpName = "SEED" };
        var json = new Option<bool>("--json") { Description = "print the result as one line of JSON" };
        command.Options.Add(samples);
        command.Options.Add(seed);
        command.Options.Add(json);
        var allow = new AllowCommand(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(samples) < 1) throw new BadInputException("--samples must be at least 1");
            var (ledger, _) = argument.Read(parsed);
            var given = recipeOptions.Flags(Recipe.Default, parsed);
            using var placement = new OwnPlacement(given);
            var recipe = placement.Over(ledger.Header.Recipe)
                .With(RecipeKeys.Model, LedgerArgument.ModelOf(given, ledger))
                .With(RecipeKeys.TrainFile, given.Get(RecipeKeys.TrainFile) ?? ledger.Header.Recipe.Get(RecipeKeys.TrainFile))
                .With(RecipeKeys.EvalFile, null)
                .With(RecipeKeys.Threads, given.Get(RecipeKeys.Threads));
            TextScorers.Require(recipe, allow.IsGiven(parsed));
            using var inputs = RunInputs.Open(recipe, () => LocalDevices.Open(recipe));
            using var audit = new LedgerAudit(inputs, ledger, allow.IsGiven(parsed));
            var sampling = parsed.GetValue(seed) ?? Random.Shared.Next();
            return Report(audit, ledger, parsed.GetValue(samples), sampling, parsed.GetValue(json), parsed.InvocationConfiguration);
        });
        return command;
    }

    private static int Report(LedgerAudit audit, LedgerContents ledger, int samples, int seed, bool asJson, InvocationConfiguration streams)
    {
        // With --json the output stream holds one line; how it goes on is for people either way.
        var log = asJson ? streams.Error : streams.Output;
        var own = ledger.Steps - audit.FirstStep;
        if (audit.FirstStep > 0)
        {
            log.WriteLine(
                $"steps 0 to {audit.FirstStep - 1} are those of the run that this one was forked from; verify them in its ledger");
        }

        var steps = audit.Sample(samples, new Random(seed));
        log.WriteLine(
            $"the inputs are those of the ledger; {steps.Length} of {own} steps are recomputed "
            + $"(--samples {samples} --sampling-seed {seed})");
        var differing = new List<AuditedStep>();
        if (audit.FindInconsistent() is { } inconsistent) Tell(inconsistent);
        foreach (var step in audit.Run(steps)) Tell(step);
        var verdict = differing.Count == 0
            ? $"verified: {steps.Length} of {own} steps recomputed, every loss has the recorded bits"
            : $"NOT verified: step {differing[0].Step} differs, {differing[0].Difference}";
        if (asJson) streams.Output.WriteLine(Json(ledger, steps, seed, differing));
        else streams.Output.WriteLine(verdict);
        return differing.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;

        void Tell(AuditedStep step)
        {
            log.WriteLine($"step {step.Step}: {step.Difference ?? "equal"}");
            if (step.Difference is not null) differing.Add(step);
        }
    }

    private static string Json(LedgerContents ledger, int[] steps, int seed, List<AuditedStep> differing) => MetricsLine.Write(json =>
    {
        json.WriteBoolean("verified", differing.Count == 0);
        json.WriteNumber("steps", ledger.Steps);
        json.WriteString("chain", ledger.Chain.ToString());
        json.WriteNumber("sampling_seed", seed);
        json.WriteStartArray("sampled");
        foreach (var step in steps) json.WriteNumberValue(step);
        json.WriteEndArray();
        json.WriteStartArray("differences");
        foreach (var step in differing)
        {
            json.WriteStartObject();
            json.WriteNumber("step", step.Step);
            json.WriteString("difference", step.Difference);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
