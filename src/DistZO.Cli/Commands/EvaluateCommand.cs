using System.CommandLine;
using System.Globalization;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo evaluate</c>: how good a model is on rows, and what it predicts for each.</summary>
internal static class EvaluateCommand
{
    private static readonly RecipeKey[] Keys =
    [
        RecipeKeys.Model, RecipeKeys.TrainFile, RecipeKeys.EvalFile, RecipeKeys.Task, RecipeKeys.Prompt, RecipeKeys.Completion, RecipeKeys.Choices,
        RecipeKeys.LabelField, RecipeKeys.Objective, RecipeKeys.MaxNewTokens, RecipeKeys.ScorerTimeout, RecipeKeys.MaxLength, RecipeKeys.NumDemos,
        RecipeKeys.Seed, RecipeKeys.WeightsDtype, RecipeKeys.Threads, .. OwnPlacement.Keys,
    ];

    public static Command Create()
    {
        var command = new Command("evaluate", "measure a model on held-out rows: those of --eval-data, else of --data, else of the recipe");
        var recipeOptions = new RecipeOptions(command, Keys, hasFile: true);
        var adapter = AdapterOption.Add(command);
        var predictions = new Option<string?>("--predictions")
        {
            Description = "write one JSON line a row: prediction and scores, or what was written",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "print the result as one line of JSON" };
        command.Options.Add(predictions);
        command.Options.Add(json);
        var allow = new AllowCommand(command);
        command.SetAction(parsed =>
        {
            var allowsCommand = allow.IsGiven(parsed);
            var flags = recipeOptions.Flags(Recipe.Default, parsed);
            TextScorers.Require(flags, allowsCommand);
            var recipe = WithoutProgram(recipeOptions.Over(Recipe.Default, parsed), allowsCommand, parsed.InvocationConfiguration.Error);
            var model = recipe.Get(RecipeKeys.Model)
                ?? throw new BadInputException("model_name_or_path is not set; give it with --model or in the recipe");
            var (data, trainFile) = Rows(recipe, flags, recipeOptions.File(Recipe.Default, parsed));
            using var placement = new OwnPlacement(flags);
            using var inputs = EvaluationInputs.Open(
                placement.Over(recipe),
                model,
                parsed.GetValue(adapter),
                data,
                trainFile,
                allowsCommand,
                () => LocalDevices.Open(recipe),
                parsed.InvocationConfiguration.Error.WriteLine);
            var result = Run(inputs, parsed.GetValue(predictions));
            Print(result, data, parsed.GetValue(json), parsed.InvocationConfiguration.Output);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>
    /// The recipe without an objective whose program is not allowed: all else can be measured without it.
    /// </summary>
    private static Recipe WithoutProgram(Recipe recipe, bool allowsCommand, TextWriter error)
    {
        if (allowsCommand || recipe.Get(RecipeKeys.Objective) is not { Kind: ObjectiveKind.Command } objective) return recipe;
        error.WriteLine($"warning: no score: it would run the program '{string.Join(' ', objective.Command)}' of the recipe; allow that with {AllowCommand.Flag}, if you trust it");
        return recipe.With(RecipeKeys.Objective, null);
    }

    /// <summary>
    /// The rows to evaluate, and those that num_demos may show. Held-out rows are evaluated: those of --eval-data, else those of a folder
    /// given by --data, else those of the recipe. A file given by --data alone is what to evaluate.
    /// </summary>
    private static (string Data, string? TrainFile) Rows(Recipe recipe, Recipe flags, Recipe file)
    {
        var (given, held) = (flags.Get(RecipeKeys.TrainFile), flags.Get(RecipeKeys.EvalFile));
        if (given is null)
        {
            recipe = DataFolder.Resolve(recipe);
            held = recipe.Get(RecipeKeys.EvalFile)
                ?? throw new BadInputException("there are no rows to evaluate; give them with --data, or eval_file in the recipe");
            return (held, recipe.Get(RecipeKeys.TrainFile));
        }

        if (held is null && !Directory.Exists(given)) return (given, DataFolder.Resolve(file).Get(RecipeKeys.TrainFile));
        return (DataFolder.HeldOutRows(held, given), Directory.Exists(given) ? DataFolder.Train(given) : given);
    }

    private static EvaluationResult Run(EvaluationInputs inputs, string? predictions)
    {
        if (predictions is null) return inputs.Run(onPrediction: null);
        EvaluationResult? result = null;
        DurableFile.WriteAtomically(predictions, file => result = inputs.Run(prediction => prediction.WriteLine(file, inputs.Rows.Labels, inputs.AnswerMetrics)));
        return result!;
    }

    private static void Print(EvaluationResult result, string data, bool asJson, TextWriter output)
    {
        if (asJson)
        {
            output.WriteLine(MetricsLine.Write(json =>
            {
                json.WriteString("data", data);
                json.WriteNumber("rows", result.Rows);
                if (result.Confusion is { } counts) json.WriteNumber("correct", counts.Correct);
                foreach (var (name, value) in result.Metrics)
                {
                    if (double.IsFinite(value)) json.WriteNumber(name, value);
                    else json.WriteNull(name);
                }

                if (result.Confusion is { } table) WriteTable(json, table);
            }));
            return;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Rows} rows of {data}"));
        if (result.Confusion is { } confusion) output.WriteLine($"correct {confusion.Correct} of {confusion.Total}");
        foreach (var (name, value) in result.Metrics)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {value:0.0000}"));
        foreach (var line in result.Confusion?.Lines() ?? []) output.WriteLine(line);
    }

    private static void WriteTable(System.Text.Json.Utf8JsonWriter json, ConfusionTable table)
    {
        json.WriteStartArray("labels");
        foreach (var label in table.Labels) json.WriteStringValue(label);
        json.WriteEndArray();
        json.WriteStartArray("confusion");
        for (var truth = 0; truth < table.Labels.Count; truth++)
        {
            json.WriteStartArray();
            for (var predicted = 0; predicted < table.Labels.Count; predicted++) json.WriteNumberValue(table[truth, predicted]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
