using System.Text.Json;
using DistZO.Cli.Tests.Telemetry;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>The commands of the pages for operators, run as they stand; only names, places and what "…" stands for are filled in.</summary>
[Collection("processes")]
public sealed class OperatorPageTests : IDisposable
{
    private const int Steps = 30;
    private const string Inputs = "--model model --data train.jsonl --eval-data dev.jsonl";

    private readonly TinyCluster _cluster = new();
    private readonly Shell _shell;

    public OperatorPageTests()
    {
        _shell = new Shell(_cluster.Tiny["."]);
        _cluster.WriteRecipe(Steps);
    }

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public void Pages_AllTheirCommands_AreRunOrMarked()
    {
        var tests = string.Concat(Directory.GetFiles(Path.Combine(Fixtures.Repository, "tests"), "*Tests.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        foreach (var page in OperatorPage.All)
        {
            Assert.NotEmpty(OperatorPage.Sections(page));
            Assert.All(OperatorPage.Sections(page), section => Assert.Contains($"OperatorPage.Commands(\"{page}\", \"{section}\")", tests, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Backup_InMidRun_IsASoundLedgerThatGivesTheWeights()
    {
        using var run = new DistzoProcess(_cluster.Tiny.Train("RUN", 100_000));
        run.WaitForStep(5);
        _shell.Done(string.Join(" && ", OperatorPage.Commands("operations.md", "Backup").Select(Bare)).Replace("--model BASE", "--model model", StringComparison.Ordinal));
        run.Kill();
        var steps = (int)Optimization.Ledger.Read(_cluster.Tiny.LedgerPath("COPY")).Steps;
        Assert.InRange(steps, 5, 100_000);
        _cluster.Tiny.Trained("alone", steps);
        Assert.Equal(_cluster.Tiny.Weights("alone"), _cluster.Tiny.Weights("DIR"));
    }

    [Fact]
    public void ManyWorkers_OnOneMachineAndOnSeveral_ComeToTheSame()
    {
        var lines = OperatorPage.Commands("distributed.md", "");
        var together = Assert.Single(lines, line => line.Contains("--workers", StringComparison.Ordinal));
        _shell.Done(together.Replace("train … ", $"train --config recipe.yaml {Inputs} --output TOGETHER ", StringComparison.Ordinal));
        _shell.Done(string.Join("\n", [.. lines.Except([together]).Select(line => $"{Here(line)} &"), "wait -n && wait -n"]));
        _cluster.AssertSameAsAlone("TOGETHER", "TOGETHER", Steps);
        _cluster.AssertSameAsAlone("RUN", "OUT", Steps);
    }

    [Fact]
    public async Task Observability_WithTheVariable_ExportsCoordinatorAndWorker()
    {
        await using var receiver = await OtlpReceiver.Start(isGrpc: true);
        var line = Assert.Single(OperatorPage.Commands("observability.md", "")).Replace("http://collector:4317", receiver.Address, StringComparison.Ordinal);
        var coordinator = Here(line.Replace("coordinator …", "coordinator --config recipe.yaml --ledger RUN --listen 10.0.0.1:29400", StringComparison.Ordinal));
        var worker = Here(line.Replace("coordinator …", $"worker --coordinator 10.0.0.1:29400 {Inputs}", StringComparison.Ordinal));
        _shell.Done($"{coordinator} &\n{worker} &\nwait -n && wait -n");
        Assert.Equal(Steps, receiver.Spans.Count(span => span.Name == "step"));
        Assert.Contains(receiver.Spans, span => span.Name == "share" && span.Resource["service.name"] == "distzo-worker");
    }

    [SkippableFact]
    public async Task Calls_OfTheRestPage_AnswerAsItSays()
    {
        Skip.If(_shell.Run("command -v curl").ExitCode != 0, "curl is not installed");
        File.WriteAllText(_cluster.Tiny["token"], "a long random word");
        _cluster.StartCoordinator("RUN", 100_000, "--token-file", _cluster.Tiny["token"]);
        _cluster.StartWorker(null, "--token-file", _cluster.Tiny["token"]);
        _cluster.Coordinator.WaitForStep(1);
        var answers = OperatorPage.Commands("rest.md", "")
            .Select(line => _shell.Done(line.Replace("curl ", "curl --silent ", StringComparison.Ordinal)
                .Replace("http://", "", StringComparison.Ordinal).Replace("localhost:8080", _cluster.Http, StringComparison.Ordinal).Replace("coordinator:8080", _cluster.Http, StringComparison.Ordinal)))
            .Select(answer => JsonDocument.Parse(answer).RootElement).ToList();
        Assert.Equal("'limit' is 20000", answers[0].GetProperty("title").GetString());
        Assert.Equal(JsonValueKind.String, answers[1].GetProperty("state").ValueKind);
        // Shares that are out come in first.
        using var client = new HttpClient { BaseAddress = new Uri(_cluster.Http) };
        var until = DateTime.UtcNow + DistzoProcess.Limit;
        while (!(await client.GetStringAsync("/v1/status")).Contains("\"state\":\"paused\"", StringComparison.Ordinal)) Assert.True(DateTime.UtcNow < until, "paused");
    }

    /// <summary>A line of several machines for this one, with ports that other processes hardly have.</summary>
    private static string Here(string line) => Bare(line)
        .Replace("10.0.0.1:29400", "127.0.0.1:29475", StringComparison.Ordinal)
        .Replace("--ledger RUN", "--ledger RUN --http none", StringComparison.Ordinal)
        .Replace("--model DIR", "--model model", StringComparison.Ordinal);

    /// <summary>Without the comment, so that something may stand behind it.</summary>
    private static string Bare(string line) => line.Split(" #")[0].TrimEnd();
}
