using System.CommandLine;
using System.Text.Json;
using DistZO.Cli.Terminal;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo generate</c>: lets a model continue prompts.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var command = new Command("generate", "continue prompts with a model");
        var recipeOptions = new RecipeOptions(command, [RecipeKeys.Model, RecipeKeys.WeightsDtype, RecipeKeys.Seed, RecipeKeys.Threads, .. OwnPlacement.Keys], hasFile: false);
        var adapter = AdapterOption.Add(command);
        var prompts = new Option<string[]>("--prompt") { Description = "text to continue; may be given several times", HelpName = "TEXT" };
        var file = new Option<string?>("--prompts") { Description = "JSON Lines file with a 'prompt' in each row", HelpName = "FILE" };
        var most = new Option<int>("--max-new-tokens") { Description = "the longest continuation [50]", HelpName = "N", DefaultValueFactory = _ => 50 };
        var temperature = new Option<double>("--temperature") { Description = "0 takes the likeliest token, more draws more freely [0]", HelpName = "T" };
        var topK = new Option<int>("--top-k") { Description = "draw among the K likeliest tokens [all]", HelpName = "K" };
        var topP = new Option<double>("--top-p")
        {
            Description = "draw among the likeliest tokens that have probability P together [1]",
            HelpName = "P",
            DefaultValueFactory = _ => 1,
        };
        var stop = new Option<string[]>("--stop") { Description = "end before this text; may be given several times", HelpName = "TEXT" };
        var json = new Option<bool>("--json") { Description = "print one line of JSON a prompt" };
        foreach (var option in new Option[] { prompts, file, most, temperature, topK, topP, stop, json }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var recipe = recipeOptions.Over(Recipe.Default, parsed);
            var directory = recipe.Get(RecipeKeys.Model) ?? throw new BadInputException("model_name_or_path is not set; give it with --model");
            string[] texts = [.. parsed.GetValue(prompts) ?? [], .. parsed.GetValue(file) is { } path ? Prompts(path) : []];
            if (texts.Length == 0) throw new BadInputException("there is nothing to continue; give --prompt TEXT, or --prompts FILE");
            var options = new GenerationOptions
            {
                MaxNewTokens = parsed.GetValue(most),
                Temperature = parsed.GetValue(temperature),
                TopK = parsed.GetValue(topK),
                TopP = parsed.GetValue(topP),
                Stop = parsed.GetValue(stop) ?? [],
            };
            Require(options);
            using var checkpoint = Checkpoint.Open(directory);
            var tokenizer = Tokenizer.Load(directory);
            var added = parsed.GetValue(adapter) is { } folder ? PeftReader.Read(folder, ModelFamilies.Describe(checkpoint)) : null;
            int[][] ids = [.. texts.Select(text => tokenizer.Encode(text))];
            using var device = LocalDevices.Open(recipe);
            using var placement = new OwnPlacement(recipe);
            using var model = BaseWeights.Load(
                device,
                checkpoint,
                added,
                placement.Over(recipe),
                architecture => [LargestPasses.OfWriting(architecture, [.. ids.Select(text => text.Length)], options.MaxNewTokens)],
                parsed.InvocationConfiguration.Error.WriteLine);
            var generator = new TextGenerator(model, tokenizer, options with { EndTokens = [.. EndTokens.Of(checkpoint)] });
            ulong[] seeds = [.. texts.Select((_, i) => Philox.Word64(recipe.Get(RecipeKeys.Seed), 0, (uint)i, PhiloxStream.TextSeed))];
            var generated = generator.Generate(ids, seeds, Probe.Plain, new UpdateHistory(), step: 0);
            var output = parsed.InvocationConfiguration.Output;
            for (var i = 0; i < texts.Length; i++)
                output.WriteLine(parsed.GetValue(json) || texts.Length > 1 ? Line(texts[i], generated[i]) : generated[i].Text);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Require(GenerationOptions options)
    {
        if (options.MaxNewTokens < 1) throw new BadInputException("--max-new-tokens must be at least 1");
        if (!(options.Temperature >= 0 && double.IsFinite(options.Temperature))) throw new BadInputException("--temperature must be 0 or more");
        if (options.TopK < 0) throw new BadInputException("--top-k must be at least 1, or 0 for all");
        if (options.TopP is not (> 0 and <= 1)) throw new BadInputException("--top-p must be over 0 and at most 1");
        if (options.Stop.Contains("")) throw new BadInputException("--stop must not be empty");
        if (options.Temperature == 0 && (options.TopK > 0 || options.TopP < 1))
            throw new BadInputException("--top-k and --top-p choose among tokens that are drawn; give a --temperature too");
    }

    private static IEnumerable<string> Prompts(string path)
    {
        foreach (var row in JsonlFile.Read(path))
            yield return row.Text("prompt");
    }

    private static string Line(string prompt, GeneratedText text) => MetricsLine.Write(json =>
    {
        json.WriteString("prompt", prompt);
        json.WriteString("text", text.Text);
        json.WriteNumber("tokens", text.Tokens.Length);
        json.WriteString("finish_reason", JsonNamingPolicy.SnakeCaseLower.ConvertName(text.Reason.ToString()));
    });
}
