using System.Text.Json;
using DistZO.Cli.Tests.Cluster;

namespace DistZO.Cli.Tests.Commands;

/// <summary>The commands of docs/commands.md and docs/gpu.md do what the pages say.</summary>
[Collection("processes")]
public sealed class CommandPageTests(CommandPage page) : IClassFixture<CommandPage>
{
    [Fact]
    public void Train_ItsCommands_TrainOrSayThatNothingIsLeft()
    {
        var lines = OperatorPage.Commands("commands.md", "train");
        Assert.Contains("finished already: 420 steps", page.Run(lines[0]));
        foreach (var line in lines.Skip(1)) page.Run(line);
    }

    [Fact]
    public void CoordinatorAndWorker_ItsCommandsTogether_GiveTheBitsOfTrain()
    {
        var lines = OperatorPage.Commands("commands.md", "coordinator, worker");
        // With a port that other processes hardly have.
        var together = lines.Select(line => line.Replace("29400", "29477", StringComparison.Ordinal)
            .Replace("--ledger RUN", "--ledger RUN --listen 127.0.0.1:29477 --http none", StringComparison.Ordinal)
            .Replace("--output OUT", "--output MANY", StringComparison.Ordinal));
        page.Done(string.Join("\n", [.. together.Select(line => $"{line} &"), .. lines.Select(_ => "wait -n || exit 1")]));
        Assert.Equal(page.Tiny.Ledger("OUT"), page.Tiny.Ledger("RUN"));
        Assert.Equal(page.Tiny.Weights("OUT"), page.Tiny.Weights("MANY"));
    }

    [Fact]
    public void StatusAndHealth_OfACoordinatorWhoseRunHasEnded_TellOfIt()
    {
        var coordinator = page.Cluster.StartCoordinator("WATCHED", 8, "--linger", "300");
        page.Cluster.StartWorker();
        coordinator.WaitFor("its status stays up");
        var lines = OperatorPage.Commands("commands.md", "status").Concat(OperatorPage.Commands("commands.md", "health"));
        File.WriteAllText(page.Tiny["FILE"], "");
        foreach (var line in lines)
        {
            // The URL may be left away where it is this one.
            page.Run(line.Replace("[http://127.0.0.1:8080]", "http://127.0.0.1:8080", StringComparison.Ordinal)
                .Replace("http://127.0.0.1:8080", page.Cluster.Http, StringComparison.Ordinal).Replace("SECONDS", "300", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Sweep_ItsCommand_RecommendsFlags() => Assert.Contains("go on with: --learning-rate", page.Run(Assert.Single(OperatorPage.Commands("commands.md", "sweep"))));

    [Fact]
    public void Evaluate_ItsCommands_Measure()
    {
        foreach (var line in OperatorPage.Commands("commands.md", "evaluate"))
        {
            var said = page.Run(line);
            Assert.Contains("loss", said);
            if (!line.Contains("# {", StringComparison.Ordinal)) continue;
            // The comment lists the fields of the line of JSON.
            var fields = line[line.IndexOf("# {", StringComparison.Ordinal)..].Trim('#', ' ', '{', '}').Split(", ").Select(field => field.Trim('"'));
            Assert.Equal(fields, JsonDocument.Parse(said).RootElement.EnumerateObject().Select(field => field.Name));
        }
    }

    [Fact]
    public void Generate_ItsCommands_Write() => Assert.All(OperatorPage.Commands("commands.md", "generate"), line => Assert.NotEmpty(page.Run(line)));

    [Fact]
    public void ReplayAndExport_ItsCommands_GiveTheWeights()
    {
        var (replay, export) = (OperatorPage.Commands("commands.md", "replay"), OperatorPage.Commands("commands.md", "export"));
        Assert.Equal(page.Tiny.Weights("OUT"), Written(replay[0]));
        var before = Written(replay[1]);
        Assert.NotEqual(page.Tiny.Weights("OUT"), before);
        Written(export[0]);
        Assert.Equal(before, Written(export[1]));

        byte[] Written(string line)
        {
            page.Run(line);
            return page.Tiny.Weights(page.LastOutput);
        }
    }

    [Fact]
    public void Fork_ItsCommand_BeginsAtTheStep()
    {
        page.Run(Assert.Single(OperatorPage.Commands("commands.md", "fork")));
        Assert.Equal(400, Optimization.Ledger.Read(page.Tiny.LedgerPath("OTHER")).Header.Identity.Parent?.Steps);
    }

    [Fact]
    public void Verify_ItsCommands_FindNoDifference() =>
        Assert.All(OperatorPage.Commands("commands.md", "verify"), line => Assert.Contains("verified: 20 of 420", page.Run(line)));

    [Theory]
    [InlineData("DIR")]
    [InlineData("OUT")]
    [InlineData("LORA/adapter")]
    [InlineData("OUT/model.safetensors")]
    [InlineData("run.zol")]
    [InlineData("dev.jsonl")]
    public void Inspect_ItsCommand_TellsWhatItIs(string path) =>
        page.Run(Assert.Single(OperatorPage.Commands("commands.md", "inspect")).Replace("PATH", path, StringComparison.Ordinal));

    [Fact]
    public void Trace_ItsCommands_Draw()
    {
        var lines = OperatorPage.Commands("commands.md", "trace");
        page.Run($"{lines[0]} --output TRACED");
        foreach (var picture in (string[])["PICTURE.svg", "PICTURE.html"])
        {
            page.Run(Assert.Single(lines.Skip(1)).Replace("PICTURE.svg|.html", picture, StringComparison.Ordinal));
            Assert.True(File.Exists(page.Tiny[picture]));
        }
    }

    [Fact]
    public void Tasks_ItsCommand_ListsThem() => Assert.Contains("sst2", page.Run(Assert.Single(OperatorPage.Commands("commands.md", "tasks"))));

    [Fact]
    public void Plan_ItsCommands_Predict() => Assert.All(OperatorPage.Commands("commands.md", "plan"), line => page.Run(line));

    [Fact]
    public void Bench_ItsCommands_OfASmallShape_Measure()
    {
        foreach (var line in OperatorPage.Commands("commands.md", "bench"))
        {
            page.Run(line.Replace("opt-125m", "tiny", StringComparison.Ordinal).Replace("opt-1.3b", "tiny", StringComparison.Ordinal)
                .Replace("--directory DISK", "--directory .", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Doctor_TheCommandsOfBothPages_TellWhatIsThere()
    {
        Assert.Contains("distzo computes on the ", page.Run(Assert.Single(OperatorPage.Commands("commands.md", "doctor"))));
        Assert.Contains("distzo computes on the ", page.Run(Assert.Single(OperatorPage.Commands("gpu.md", ""))));
    }
}
