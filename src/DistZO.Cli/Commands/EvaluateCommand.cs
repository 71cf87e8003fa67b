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
        RecipeKeys.LabelField, RecipeKeys.MaxLength, RecipeKeys.NumDemos, RecipeKeys.Seed, RecipeKeys.WeightsDtype, RecipeKeys.Threads,
    ];

    public static Command Create()
    {
        var command = new Command("evaluate", "measure a model on the rows of --data, or of the recipe's eval_file");
        var recipeOptions = new RecipeOptions(command, Keys, hasFile: true);
        var adapter = AdapterOption.Add(command);
        var predictions = new Option<string?>("--predictions")
        {
            Description = "write one JSON line a row: prediction and scores",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "print the result as one line of JSON" };
        command.Options.Add(predictions);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var recipe = recipeOptions.Over(Recipe.Default, parsed);
            var model = recipe.Get(RecipeKeys.Model)
                ?? throw new BadInputException("model_name_or_path is not set; give it with --model or in the recipe");
            var (data, trainFile) = Rows(recipe, recipeOptions.Flags(Recipe.Default, parsed), recipeOptions.File(Recipe.Default, parsed));
            using var inputs = EvaluationInputs.Open(recipe, model, parsed.GetValue(adapter), data, trainFile, () => CpuDevices.Open(recipe));
            var result = Run(inputs, parsed.GetValue(predictions));
            Print(result, data, parsed.GetValue(json), parsed.InvocationConfiguration.Output);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>
    /// The rows to evaluate, and those that num_demos may show. A recipe names the rows to train on too: those are evaluated only if the
    /// command line says so. Of a folder, the held-out rows are evaluated.
    /// </summary>
    private static (string Data, string? TrainFile) Rows(Recipe recipe, Recipe flags, Recipe file)
    {
        if (flags.Get(RecipeKeys.TrainFile) is not { } given)
        {
            recipe = DataFolder.Resolve(recipe);
            var held = recipe.Get(RecipeKeys.EvalFile)
                ?? throw new BadInputException("there are no rows to evaluate; give them with --data, or eval_file in the recipe");
            return (held, recipe.Get(RecipeKeys.TrainFile));
        }

        if (!Directory.Exists(given)) return (given, DataFolder.Resolve(file).Get(RecipeKeys.TrainFile));
        return (flags.Get(RecipeKeys.EvalFile) ?? DataFolder.RequireHeldOut(given), DataFolder.Train(given));
    }

    private static EvaluationResult Run(EvaluationInputs inputs, string? predictions)
    {
        if (predictions is null) return inputs.Run(onPrediction: null);
        EvaluationResult? result = null;
        DurableFile.WriteAtomically(predictions, file => result = inputs.Run(prediction => prediction.WriteLine(file, inputs.Rows.Labels)));
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
