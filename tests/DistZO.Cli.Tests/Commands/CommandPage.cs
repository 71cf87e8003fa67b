using System.Text.Json;
using System.Text.RegularExpressions;
using DistZO.Cli.Tests.Cluster;

namespace DistZO.Cli.Tests.Commands;

/// <summary>
/// A folder with what the commands of docs/commands.md name: models, rows, a recipe, and in <c>OUT</c> the run of the page's first command. So
/// they run as they stand; only what "…" stands for is filled in, and each that writes a model has a folder of its own.
/// </summary>
public sealed partial class CommandPage : IDisposable
{
    /// <summary>What "…" stands for in a <c>distzo train …</c>.</summary>
    private const string Inputs = "--config recipe.yaml --model DIR --data train.jsonl --eval-data dev.jsonl";

    private readonly TinyCluster _cluster = new();
    private readonly Shell _shell;
    private int _outputs;

    public CommandPage()
    {
        _shell = new Shell(Tiny["."]);
        // The page goes back to step 400.
        _cluster.WriteRecipe(420);
        foreach (var model in (string[])["DIR", "BASE"]) TinyModel.Write(Tiny[model], seed: 1);
        WriteRows("sst2", i => new { sentence = $"row {i}", label = i % 2 });
        WriteRows("squad", i => new { title = "a", context = $"row {i}", question = "which?", answers = new { text = (string[])[$"{i}"] } });
        File.WriteAllLines(Tiny["prompts.jsonl"], ["{\"prompt\": \"one\"}", "{\"prompt\": \"two\"}"]);
        Run(OperatorPage.Commands("commands.md", "train")[0]);
        Run("distzo train … --output LORA --train lora --max-steps 4");
        File.Copy(Tiny.LedgerPath("OUT"), Tiny["run.zol"]);
    }

    internal TinyCluster Cluster => _cluster;

    internal TinyRun Tiny => _cluster.Tiny;

    public void Dispose() => _cluster.Dispose();

    /// <summary>A script with <c>distzo</c> in it that must succeed; what it said.</summary>
    public string Done(string script) => _shell.Done(script);

    /// <summary>Runs a line: once without what stands in brackets, then once with each of them. Returns what the first said.</summary>
    public string Run(string line)
    {
        var options = Bracketed().Matches(line).Select(match => match.Groups[1].Value).ToList();
        var said = Done(Filled(Bracketed().Replace(line, "")));
        foreach (var option in options) Done(Filled(Bracketed().Replace(line, match => match.Groups[1].Value == option ? option : "")));
        return said;
    }

    /// <summary>The folder that the last command with <c>--output DIR</c> wrote.</summary>
    internal string LastOutput => $"W{_outputs}";

    private string Filled(string line)
    {
        var train = $"train {Inputs}";
        if (line.Contains("--output DIR", StringComparison.Ordinal)) line = line.Replace("--output DIR", $"--output W{++_outputs}", StringComparison.Ordinal);
        else if (!line.Contains("--output", StringComparison.Ordinal)) train += $" --max-steps 16 --output W{++_outputs}";
        return line.Replace("train …", train, StringComparison.Ordinal).Replace("OUT/adapter", "LORA/adapter", StringComparison.Ordinal);
    }

    private void WriteRows(string folder, Func<int, object> row)
    {
        Directory.CreateDirectory(Tiny[folder]);
        foreach (var file in (string[])["train.jsonl", "dev.jsonl"])
            File.WriteAllLines(Path.Combine(Tiny[folder], file), Enumerable.Range(0, 6).Select(i => JsonSerializer.Serialize(row(i))));
    }

    [GeneratedRegex(@"\[([^\]]*)\]")]
    private static partial Regex Bracketed();
}
