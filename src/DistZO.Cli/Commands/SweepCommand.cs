using System.CommandLine;
using System.Globalization;
using DistZO.Cli.Sweeps;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo sweep</c>: tries combinations of values and ranks them on the held-out rows.</summary>
internal static class SweepCommand
{
    /// <summary>What is one run's own, and what a sweep has in its place.</summary>
    private static readonly (RecipeKey Key, string Advice)[] OfOneRun =
    [
        (RecipeKeys.Threads, Jobs),
        (RecipeKeys.Workers, Jobs),
        (RecipeKeys.Parallelism, Jobs),
        (RecipeKeys.EvalSteps, Rungs),
        (RecipeKeys.EarlyStoppingPatience, Rungs),
        (RecipeKeys.NumTrainEpochs, "runs are compared at steps; use --max-steps"),
        (RecipeKeys.LogJson, "a sweep prints a table; use --json for lines of JSON"),
        (RecipeKeys.ReportTo, "it is for one run; use it with 'distzo train' in the folder of the best one"),
    ];

    private const string Jobs = "a sweep shares out the cores itself; use --jobs N for N runs side by side";

    private const string Rungs = "a sweep evaluates at a quarter, at half and at the end of --max-steps and stops the worse half there; --run-all stops none";

    public static Command Create()
    {
        var command = new Command("sweep", "try learning rates, eps and the like; rank them on the held-out rows");
        var recipeOptions = new RecipeOptions(command, RecipeKeys.All.Except(SweepGrid.Keys).Except(OfOneRun.Select(one => one.Key)), hasFile: true);
        var refused = OfOneRun.Select(one => (Option: RecipeOptions.Hidden(command, one.Key), one.Advice)).ToList();
        var lists = SweepGrid.Keys.Select(key =>
        {
            var name = "--" + key.Name.Replace('_', '-');
            var option = new Option<string?>(name, [.. new[] { "--" + key.Name }.Where(other => other != name)]) { Description = $"values to try, such as A,B,C: {key.Help}", HelpName = "VALUES" };
            command.Options.Add(option);
            return (key, option);
        }).ToList();
        var jobs = new Option<int>("--jobs") { Description = "runs side by side, each on its part of the cores [1]", HelpName = "N", DefaultValueFactory = _ => 1 };
        var all = new Option<bool>("--run-all") { Description = "run all to the end; do not stop the worse half early" };
        var json = new Option<bool>("--json") { Description = "print one line of JSON a run, the best first" };
        foreach (var option in new Option[] { jobs, all, json }) command.Options.Add(option);
        var allow = new AllowCommand(command);
        command.SetAction(parsed =>
        {
            foreach (var (option, advice) in refused)
            {
                if (parsed.GetResult(option) is { IdentifierToken: { } token }) throw new BadInputException($"{token.Value}: {advice}");
            }

            var recipe = recipeOptions.Over(Recipe.Default, parsed);
            TextScorers.Require(recipe, allow.IsGiven(parsed));
            var folder = recipe.Get(RecipeKeys.Output) ?? throw new BadInputException("output_dir is not set; give it with --output or in the recipe");
            recipe = DataFolder.Resolve(recipe);
            if (recipe.Get(RecipeKeys.EvalFile) is null)
                throw new BadInputException("eval_file is not set; a sweep ranks its runs on held-out rows, so give some with --eval-data");
            if (parsed.GetValue(jobs) < 1) throw new BadInputException("--jobs must be at least 1");
            (RecipeKey, string)[] given = [.. lists.Where(list => parsed.GetValue(list.option) is not null).Select(list => (list.key, parsed.GetValue(list.option)!))];
            // One value is not tried, but set.
            recipe = recipe.WithFlags(given.Where(list => !list.Item2.Contains(',')).Select(list => (list.Item1.Name, list.Item2)));
            given = [.. given.Where(list => list.Item2.Contains(','))];
            if (given.Length == 0) throw new BadInputException("there is nothing to try; give several values of something, such as --learning-rate 1e-6,1e-5");
            if (recipe.Get(RecipeKeys.NumTrainEpochs) is not null) throw new BadInputException("num_train_epochs: runs are compared at steps; give --max-steps");
            var steps = recipe.Get(RecipeKeys.MaxSteps);
            var halves = !parsed.GetValue(all);
            recipe = recipe.With(RecipeKeys.EvalSteps, Sweep.Rungs(steps, halves)[0]).With(RecipeKeys.EarlyStoppingPatience, null);
            SweepTrial[] trials = [.. SweepGrid.Of(given).Select(values => new SweepTrial(values, recipe.WithFlags(values), Folder(folder, values), allow.IsGiven(parsed)))];
            var metric = BestStep.MetricName(recipe);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            error.WriteLine($"{trials.Length} runs of {steps} steps{(halves && trials.Length > 1 ? ", the worse half stopped at a quarter and at half of them" : "")}");
            foreach (var trial in trials) trial.Require();
            using var signals = new StopSignals();
            var sweep = new Sweep(trials, metric, steps, parsed.GetValue(jobs), line =>
            {
                lock (error) error.WriteLine(line);
            });
            if (!Run(sweep, halves, signals.Token))
            {
                error.WriteLine($"interrupted; to go on: {CommandText.Of(parsed)}");
                return ExitCodes.Failed;
            }

            var ranked = sweep.Ranked();
            Print(ranked, given, metric, parsed.GetValue(json), output);
            if (ranked[0].IsDiverged)
                throw new RunFailedException($"all {trials.Length} runs diverged: their losses are no numbers; try lower learning rates, or a smaller zo_eps");
            return ExitCodes.Done;
        });
        return command;
    }

    private static bool Run(Sweep sweep, bool halves, CancellationToken stopping)
    {
        try
        {
            return sweep.Run(halves, stopping);
        }
        catch (AggregateException e) when (e.InnerExceptions is [var only, ..])
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(only);
            throw;
        }
    }

    private static string Folder(string folder, IReadOnlyList<(string Key, string Value)> values) =>
        Path.Combine(folder, string.Join(',', values.Select(value => $"{value.Key}={value.Value}")));

    private static void Print(IReadOnlyList<SweepTrial> ranked, (RecipeKey Key, string)[] lists, string metric, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            foreach (var trial in ranked) output.WriteLine(Line(trial));
            return;
        }

        string[] metrics = metric == "loss" ? ["loss"] : [metric, "loss"];
        List<string[]> rows = [["", .. lists.Select(list => list.Key.Name), .. metrics, "steps"]];
        rows.AddRange(ranked.Select((trial, rank) => (string[])
        [
            $"{rank + 1}", .. trial.Values, .. metrics.Select(name => trial.Value(name).ToString("0.0000", CultureInfo.InvariantCulture)),
            $"{trial.Latest?.Step}{(trial.IsDiverged ? " (diverged)" : trial.IsStopped ? " (stopped)" : "")}",
        ]));
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows) output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadLeft(widths[column]))).TrimEnd());
        if (ranked[0].IsDiverged) return;
        output.WriteLine($"go on with: {ranked[0].Flags}");
        output.WriteLine($"its model is in {ranked[0].Folder}");
    }

    private static string Line(SweepTrial trial) => MetricsLine.Write(json =>
    {
        json.WriteString("flags", trial.Flags);
        json.WriteString("output", trial.Folder);
        json.WriteNumber("step", trial.Latest?.Step ?? 0);
        json.WriteBoolean("stopped", trial.IsStopped);
        json.WriteBoolean("diverged", trial.IsDiverged);
        foreach (var (name, value) in trial.Latest?.Metrics ?? new Dictionary<string, double>())
        {
            if (double.IsFinite(value)) json.WriteNumber(name, value);
            else json.WriteNull(name);
        }
    });
}
