using System.Net;
using System.Text.Json;
using DistZO.Optimization;

namespace DistZO.Coordinator.Tests;

public sealed class ReadingTests
{
    [Fact]
    public async Task Status_OfARun_IsSnakeCaseAndReadsBack()
    {
        await using var host = await RunHost.Start();
        var text = await host.Client.GetStringAsync("/v1/status");
        using var json = JsonDocument.Parse(text);
        Assert.Equal("training", json.RootElement.GetProperty("state").GetString());
        Assert.Equal(118, json.RootElement.GetProperty("wire").GetProperty("bytes_up_per_step").GetDouble()
            + json.RootElement.GetProperty("wire").GetProperty("bytes_down_per_step").GetDouble());
        var share = json.RootElement.GetProperty("grid").GetProperty("shares")[0].GetProperty("share");
        Assert.True(share.GetProperty("probe_end").GetInt32() > share.GetProperty("probe_start").GetInt32());
        var read = JsonSerializer.Deserialize(text, RunJson.Default.RunStatus)!;
        var given = await host.Monitor.Status();
        Assert.Equal(JsonSerializer.Serialize(given, RunJson.Default.RunStatus), JsonSerializer.Serialize(read, RunJson.Default.RunStatus));
    }

    [Fact]
    public async Task Status_WithValuesThatAreNotFinite_HasNullsForThem()
    {
        var status = await new FakeRunMonitor(FakeRunMonitor.Eventful()).Status();
        var text = JsonSerializer.Serialize(
            status with { ProjectedGradient = double.NaN, StepSeconds = double.PositiveInfinity }, RunJson.Default.RunStatus);
        Assert.Contains("\"projected_gradient\":null", text, StringComparison.Ordinal);
        Assert.Contains("\"step_seconds\":null", text, StringComparison.Ordinal);
        Assert.Null(JsonSerializer.Deserialize(text, RunJson.Default.RunStatus)!.ProjectedGradient);
    }

    [Fact]
    public async Task Workers_WithAHostileName_HoldItAsDataThatNoMarkupCanBe()
    {
        await using var host = await RunHost.Start();
        var response = await host.Client.GetAsync("/v1/workers");
        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        var text = await response.Content.ReadAsStringAsync();
        Assert.DoesNotContain("<script", text, StringComparison.OrdinalIgnoreCase);
        var workers = JsonSerializer.Deserialize(text, RunJson.Default.WorkerList)!.Workers;
        Assert.Contains(workers, worker => worker.Name == FakeWorker.Hostile);
        Assert.Contains("\"state\":\"catching_up\"", text, StringComparison.Ordinal);
        Assert.Equal(WorkerState.Gone, workers[^1].State);
    }

    [Fact]
    public async Task Recipe_AsServed_GivesTheRecipeBack()
    {
        await using var host = await RunHost.Start();
        var text = await host.Client.GetStringAsync("/v1/recipe");
        Assert.Equal(host.Monitor.Recipe.ToYaml(), Recipe.FromJson(text, "test").ToYaml());
    }

    [Theory]
    [InlineData("", 0, 1000, 1000L)]
    [InlineData("?from=11000", 11_000, 482, null)]
    [InlineData("?from=100&limit=5&every=10", 100, 5, 150L)]
    [InlineData("?from=11481", 11_481, 1, null)]
    [InlineData("?from=11472&limit=1&every=10", 11_472, 1, null)]
    [InlineData("?from=99999999", 0, 0, null)]
    public async Task Steps_OfAPage_AreThoseAskedForAndSayWhatIsNext(string query, long first, int count, long? next)
    {
        await using var host = await RunHost.Start();
        var page = JsonSerializer.Deserialize(await host.Client.GetStringAsync("/v1/steps" + query), RunJson.Default.StepPage)!;
        Assert.Equal(count, page.Steps.Count);
        Assert.Equal(next, page.Next);
        if (count > 0) Assert.Equal(first, page.Steps[0].Step);
    }

    [Theory]
    [InlineData("/v1/steps?from=-1", "from")]
    [InlineData("/v1/steps?from=now", "from")]
    [InlineData("/v1/steps?limit=10001", "limit")]
    [InlineData("/v1/steps?limit=0", "limit")]
    [InlineData("/v1/steps?every=0", "every")]
    [InlineData("/v1/events?from=1.5", "from")]
    [InlineData("/v1/events?last=0", "last")]
    public async Task Query_WithAWrongNumber_IsAProblemThatNamesItAndItsBounds(string path, string parameter)
    {
        await using var host = await RunHost.Start();
        var response = await host.Client.GetAsync(path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains($"'{parameter}'", json.RootElement.GetProperty("title").GetString(), StringComparison.Ordinal);
        Assert.Contains("whole number", json.RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_FromANumberOrTheLast_AreThose()
    {
        await using var host = await RunHost.Start();
        var all = await Events("");
        Assert.Equal(all.Events[^1].Number + 1, all.Next);
        Assert.Equal(all.Events.Skip(5), (await Events("?from=5")).Events);
        Assert.Equal(all.Events.TakeLast(3), (await Events("?last=3")).Events);
        Assert.Equal(new EventPage([], all.Next).Next, (await Events($"?from={all.Next}")).Next);

        async Task<EventPage> Events(string query) =>
            JsonSerializer.Deserialize(await host.Client.GetStringAsync("/v1/events" + query), RunJson.Default.EventPage)!;
    }

    [Fact]
    public async Task Evaluations_OfARun_AreAllOfThem()
    {
        await using var host = await RunHost.Start();
        var text = await host.Client.GetStringAsync("/v1/evaluations");
        var list = JsonSerializer.Deserialize(text, RunJson.Default.EvaluationList)!;
        Assert.Equal(23, list.Evaluations.Count);
        Assert.Contains("\"macro_f1\"", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunState.Waiting, "/livez", 200)]
    [InlineData(RunState.Waiting, "/readyz", 200)]
    [InlineData(RunState.Training, "/healthz", 200)]
    [InlineData(RunState.Failed, "/livez", 200)]
    [InlineData(RunState.Failed, "/readyz", 503)]
    [InlineData(RunState.Failed, "/healthz?verbose", 503)]
    public async Task Probes_InAState_AnswerByIt(RunState state, string path, int status)
    {
        await using var host = await RunHost.Start(new FakeRun { State = state, Message = "the disk is full" });
        var response = await host.Client.GetAsync(path);
        Assert.Equal(status, (int)response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Equal(path.Contains("verbose"), text.Contains("[-]run failed: the disk is full"));
    }
}
