using System.Text.Json;
using DistZO.Optimization;

namespace DistZO.Cli.Tests.Commands;

public sealed class TaskCommandTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    public TaskCommandTests()
    {
        Directory.CreateDirectory(_tiny["sst2"]);
        Write("sst2/train.jsonl", Enumerable.Range(0, 12).Select(i => (object)new { sentence = $"row {i}", label = i % 2, idx = i }));
        Write("sst2/validation.jsonl", Enumerable.Range(0, 5).Select(i => (object)new { sentence = $"held {i}", label = i % 2, idx = i }));
    }

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Train_OfATaskInAFolder_TakesBothOfItsFiles()
    {
        string[] args = ["--model", _tiny.Model, "--task", "sst2", "--data", _tiny["sst2"], "--max-steps", "2", "--batch-size", "2", "--threads", "1"];
        Distzo.Run(["train", "--output", _tiny["run"], .. args]).Done();
        var header = Ledger.Read(_tiny.LedgerPath("run")).Header;
        Assert.Equal(TaskName.Sst2, header.Identity.Recipe.Get(RecipeKeys.Task));
        Assert.Contains("eval_accuracy", File.ReadAllText(Path.Combine(_tiny["run"], "metrics.jsonl")));

        // The written prompt is the same examples, but another recipe.
        string[] template = ["--prompt", "{sentence} It was", "--choices", "{0: ' terrible', 1: ' great'}"];
        Distzo.Run(["train", "--output", _tiny["same"], .. args.Where(a => a is not ("--task" or "sst2")), .. template]).Done();
        var same = Ledger.Read(_tiny.LedgerPath("same")).Header;
        Assert.Equal(same.Identity.ExamplesDigest, header.Identity.ExamplesDigest);
        Assert.NotEqual(same.Identity.Digest, header.Identity.Digest);

        Assert.Contains("verified", Distzo.Run("verify", _tiny["run"], "--samples", "2").Done());
        Assert.Contains("num_demos is 2 (the run has not set)", Distzo.Run(["train", "--output", _tiny["run"], .. args, "--num-demos", "2"]).Problem(2));
    }

    [Fact]
    public void Train_UnderTheObjectiveAccuracy_RecordsNumbersOfErrors()
    {
        string[] args =
            ["--model", _tiny.Model, "--task", "sst2", "--data", _tiny["sst2"], "--max-steps", "6", "--batch-size", "5", "--zo-eps", "0.05", "--objective", "accuracy"];
        Distzo.Run(["train", "--output", _tiny["one"], "--threads", "1", .. args]).Done();
        Distzo.Run(["train", "--output", _tiny["two"], "--threads", "2", .. args]).Done();
        Assert.Equal(_tiny.Ledger("one"), _tiny.Ledger("two"));
        var sums = Ledger.Read(_tiny.LedgerPath("one")).Records.SelectMany(record => record.Directions).SelectMany(d => new[] { d.Plus, d.Minus }).ToList();
        Assert.All(sums, sum => Assert.True(sum % (1L << 32) == 0 && sum is >= 0 and <= 5L << 32));
        Assert.Contains(sums, sum => sum > 0);
        Assert.Contains("verified: 6 of 6", Distzo.Run("verify", _tiny["one"]).Done());
    }

    [Theory]
    [InlineData("f1")]
    [InlineData("exact_match")]
    [InlineData("{command: [sh, -c, 'while read -r line; do echo ${#line}e-3; done']}")]
    public void Train_UnderAnObjectiveThatScoresText_IsTheSameForAnyThreads(string objective)
    {
        string[] args =
        [
            "--model", _tiny.Model, "--task", "squad", "--data", Squad(), "--max-steps", "3", "--batch-size", "3", "--zo-eps", "0.05", "--max-new-tokens", "6",
            "--objective", objective, "--allow-command",
        ];
        Distzo.Run(["train", "--output", _tiny["one"], "--threads", "1", .. args]).Done();
        Distzo.Run(["train", "--output", _tiny["two"], "--threads", "2", .. args]).Done();
        Assert.Equal(_tiny.Ledger("one"), _tiny.Ledger("two"));
        var records = Ledger.Read(_tiny.LedgerPath("one")).Records;
        Assert.All(records, record => Assert.Equal(3, record.Terms));
        Assert.Contains("verified: 3 of 3", Distzo.Run("verify", _tiny["one"], "--allow-command").Done());
        if (objective[0] == '{')
        {
            Assert.Contains(records.SelectMany(record => record.Directions), direction => direction.Plus != direction.Minus);
            var steps = File.ReadLines(Path.Combine(_tiny["one"], "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);
            Assert.All(steps.Where(step => step.TryGetProperty("loss", out _)), step => Assert.True(step.GetProperty("scoring_seconds").GetDouble() > 0));
            Assert.Contains("it would run the program 'sh -c", Distzo.Run("verify", _tiny["one"]).Problem(2));
        }
    }

    [Fact]
    public void Train_WithAProgramThatIsNotAllowed_IsRefusedBeforeAnythingIsOpened() => Assert.Contains(
        "objective: it would run the program 'touch x' on this machine; allow that with --allow-command",
        Distzo.Run("train", "--model", "nowhere", "--data", "nowhere", "--output", _tiny["x"], "--objective", "{command: [touch, x]}").Problem(2));

    [Fact]
    public void Train_WithAProgramThatFails_SaysItsLastWords()
    {
        var problem = Distzo.Run(
            "train", "--model", _tiny.Model, "--task", "squad", "--data", Squad(), "--output", _tiny["x"], "--batch-size", "2", "--max-new-tokens", "4",
            "--allow-command", "--objective", "{command: [sh, -c, 'read -r line; echo no reward today >&2; exit 7']}").Problem(1);
        Assert.Contains("ended with exit code 7 after 0 of 4 scores; its last words: no reward today", problem);
    }

    [Fact]
    public void Evaluate_OfATaskInAFolder_MeasuresTheHeldOutRowsWithDemonstrations()
    {
        var plain = Evaluate("--data", _tiny["sst2"]);
        var demonstrated = Evaluate("--data", _tiny["sst2"], "--num-demos", "3");
        Assert.Equal(5, plain.GetProperty("rows").GetInt32());
        Assert.Equal(_tiny["sst2/validation.jsonl"], demonstrated.GetProperty("data").GetString());
        Assert.NotEqual(plain.GetProperty("loss").GetDouble(), demonstrated.GetProperty("loss").GetDouble());
        Assert.NotEqual(
            demonstrated.GetProperty("loss").GetDouble(), Evaluate("--data", _tiny["sst2"], "--num-demos", "3", "--seed", "5").GetProperty("loss").GetDouble());
    }

    [Fact]
    public void Evaluate_WithDemonstrationsOfNowhere_IsRefused() => Assert.Contains(
        "num_demos: there are no training rows",
        Distzo.Run("evaluate", "--model", _tiny.Model, "--task", "sst2", "--data", _tiny["sst2/validation.jsonl"], "--num-demos", "3").Problem(2));

    [Fact]
    public void Evaluate_OfRecord_CountsEveryRightEntityAndNamesOptionsByNumber()
    {
        Write("record.jsonl", [new { passage = "A B.", query = "@placeholder", entities = new[] { "A", "B", "C" }, answers = new[] { "A", "B", "C" } }]);
        var line = Distzo.Run(
            "evaluate", "--model", _tiny.Model, "--task", "record", "--data", _tiny["record.jsonl"], "--json", "--predictions", _tiny["p.jsonl"]).Done();
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(1, json.GetProperty("accuracy").GetDouble());
        Assert.False(json.TryGetProperty("macro_f1", out _));
        var prediction = JsonDocument.Parse(File.ReadAllText(_tiny["p.jsonl"])).RootElement;
        Assert.True(prediction.GetProperty("correct").GetBoolean());
        Assert.Equal(["0", "1", "2"], prediction.GetProperty("scores").EnumerateObject().Select(score => score.Name));
    }

    [Fact]
    public void Evaluate_OfAnswersThatAreWritten_ScoresWhatGenerateWrites()
    {
        var prompts = Enumerable.Range(0, 6).Select(i => $"Title: T\nContext: C {i}\nQuestion: Q?\nAnswer:").ToArray();
        var written = prompts.Select(prompt => Generated(prompt)).ToArray();
        // Right answers of which the model writes all, or a half.
        Write("squad.jsonl", written.Select((text, i) => (object)new { title = "T", context = $"C {i}", question = "Q?", answers = new { text = new[] { i < 2 ? "no" : text + (i < 4 ? " x" : "") } } }));
        string[] args = ["evaluate", "--model", _tiny.Model, "--data", _tiny["squad.jsonl"], "--task", "squad", "--max-new-tokens", "6", "--json"];
        var line = Distzo.Run([.. args, "--threads", "1", "--predictions", _tiny["p.jsonl"]]).Done();
        Assert.Equal(line, Distzo.Run([.. args, "--threads", "2"]).Done());

        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(["data", "rows", "f1", "exact_match", "loss", "perplexity"], json.EnumerateObject().Select(field => field.Name));
        var rows = File.ReadLines(_tiny["p.jsonl"]).Select(row => JsonDocument.Parse(row).RootElement).ToList();
        Assert.Equal(written, rows.Select(row => row.GetProperty("text").GetString()));
        Assert.Equal(2.0 / 6, json.GetProperty("exact_match").GetDouble());
        Assert.Equal(rows.Average(row => row.GetProperty("f1").GetDouble()), json.GetProperty("f1").GetDouble(), 9);
        Assert.InRange(json.GetProperty("f1").GetDouble(), 0.4, 0.8);
        Assert.Contains("f1 0.", Distzo.Run([.. args[..^1]]).Done());

        string Generated(string prompt) => JsonDocument.Parse(
            Distzo.Run("generate", "--model", _tiny.Model, "--prompt", prompt, "--max-new-tokens", "6", "--stop", "\n", "--json").Done()).RootElement.GetProperty("text").GetString()!;
    }

    [Fact]
    public void Evaluate_OfChoicesUnderAnObjectiveThatScoresText_MeasuresBoth()
    {
        var plain = Evaluate("--data", _tiny["sst2"]);
        var scored = Evaluate("--data", _tiny["sst2"], "--objective", "f1", "--max-new-tokens", "6");
        Assert.Equal(["f1", "exact_match", "accuracy", "macro_f1", "loss"], scored.EnumerateObject().Select(field => field.Name).Intersect(["f1", "exact_match", "accuracy", "macro_f1", "loss"]));
        Assert.False(plain.TryGetProperty("f1", out _));
        Assert.Equal(plain.GetProperty("loss").GetDouble(), scored.GetProperty("loss").GetDouble());
    }

    [Fact]
    public void Evaluate_UnderAScoringProgram_RunsItOnlyWhereItIsAllowed()
    {
        const string Program = "{command: [sh, -c, 'while read -r line; do echo 0.25; done']}";
        File.WriteAllText(_tiny["recipe.yaml"], $"task: squad\nmax_new_tokens: 6\nobjective: {Program}\n");
        string[] args = ["evaluate", "--model", _tiny.Model, "--data", Squad(), "--config", _tiny["recipe.yaml"], "--json"];
        var allowed = JsonDocument.Parse(Distzo.Run([.. args, "--allow-command", "--predictions", _tiny["p.jsonl"]]).Done()).RootElement;
        Assert.Equal(0.25, allowed.GetProperty("score").GetDouble());
        Assert.All(File.ReadLines(_tiny["p.jsonl"]), line => Assert.Equal(0.25, JsonDocument.Parse(line).RootElement.GetProperty("score").GetDouble()));

        var refused = Distzo.Run(args);
        Assert.Contains("warning: no score: it would run the program 'sh -c while read", refused.Error);
        var other = JsonDocument.Parse(refused.Done()).RootElement;
        Assert.False(other.TryGetProperty("score", out _));
        Assert.Equal(allowed.GetProperty("loss").GetDouble(), other.GetProperty("loss").GetDouble());
        Assert.Contains("allow that with --allow-command", Distzo.Run([.. args, "--objective", Program]).Problem(2));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    public void Train_OfATaskWhoseAnswersAreWritten_GoesByTheirF1(string workers)
    {
        string[] args =
        [
            "train", "--model", _tiny.Model, "--task", "squad", "--data", Squad(), "--eval-data", Squad(), "--output", _tiny["run"], "--max-steps", "4", "--eval-steps", "2",
            "--batch-size", "2", "--max-new-tokens", "6", "--threads", "1", "--workers", workers, "--export", "best", "--early-stopping-patience", "1",
        ];
        Distzo.Run(args).Done();
        var evaluations = File.ReadLines(Path.Combine(_tiny["run"], "metrics.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.TryGetProperty("eval_f1", out _)).ToList();
        Assert.Equal(["step", "eval_f1", "eval_exact_match", "eval_loss", "eval_perplexity", "best"], evaluations[0].EnumerateObject().Select(field => field.Name));
        // The random model's answers are never right: F1 stays 0, so the first evaluation is the best and the second ends the run.
        Assert.Equal([0, 2], evaluations.Select(line => line.GetProperty("step").GetInt32()));
        Assert.Equal([true, false], evaluations.Select(line => line.GetProperty("best").GetBoolean()));
        Assert.Contains("step 0", Distzo.Run("export", _tiny["run"], "--best", "--model", _tiny.Model, "--output", _tiny["best"]).Done());
    }

    [Fact]
    public void Tasks_ListsAllEleven()
    {
        var lines = Distzo.Run("tasks", "--json").Done().Trim().Split('\n');
        Assert.Equal(
            ["sst2", "rte", "cb", "boolq", "wsc", "wic", "multirc", "copa", "record", "squad", "drop"],
            lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("task").GetString()));
        Assert.Equal(
            [.. Enumerable.Repeat("accuracy", 9), "f1", "f1"], lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("measures").GetString()));
        Assert.Contains("premise, choice1, choice2, question, label", Distzo.Run("tasks").Done());
    }

    [Fact]
    public void Train_OfAnUnknownTask_NamesThoseThereAre() => Assert.Contains(
        "'task' must be one of sst2, rte, cb, boolq", Distzo.Run("train", "--task", "sst5").Problem(2));

    private JsonElement Evaluate(params string[] more) =>
        JsonDocument.Parse(Distzo.Run(["evaluate", "--model", _tiny.Model, "--task", "sst2", "--json", .. more]).Done()).RootElement;

    private string Squad()
    {
        Write("squad.jsonl", Enumerable.Range(0, 6).Select(i => (object)new
        {
            title = "T",
            context = $"C {i}",
            question = "Q?",
            answers = new { text = new[] { $"a{i}", "the b" }, answer_start = new[] { 0, 1 } },
        }));
        return _tiny["squad.jsonl"];
    }

    private void Write(string name, IEnumerable<object> rows) => File.WriteAllLines(_tiny[name], rows.Select(row => JsonSerializer.Serialize(row)));
}
