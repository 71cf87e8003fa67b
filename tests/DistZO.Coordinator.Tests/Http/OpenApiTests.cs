using System.Text.Json;

namespace DistZO.Coordinator.Tests;

public sealed class OpenApiTests
{
    [Fact]
    public async Task Document_OfTheInterface_ListsEveryEndpoint()
    {
        using var document = await Document();
        var paths = document.RootElement.GetProperty("paths").EnumerateObject().Select(path => path.Name).Order().ToArray();
        string[] all =
        [
            "/healthz", "/livez", "/metrics", "/readyz", "/v1/evaluations", "/v1/events", "/v1/pause", "/v1/recipe", "/v1/resume",
            "/v1/status", "/v1/steps", "/v1/stop", "/v1/stream", "/v1/workers",
        ];
        Assert.Equal(all, paths);
        Assert.StartsWith("3.1", document.RootElement.GetProperty("openapi").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Document_OfTheStatus_HasASchemaWithTypesWordsAndDescriptions()
    {
        using var document = await Document();
        var schemas = document.RootElement.GetProperty("components").GetProperty("schemas");
        var status = schemas.GetProperty("RunStatus");
        var loss = status.GetProperty("properties").GetProperty("smoothed_loss");
        Assert.Contains("number", loss.GetProperty("type").EnumerateArray().Select(type => type.GetString()));
        Assert.Contains(
            "Steps committed", status.GetProperty("properties").GetProperty("step").GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.Contains("catching_up", schemas.GetProperty("WorkerState").GetProperty("enum").EnumerateArray().Select(word => word.GetString()));
        Assert.Contains("version", status.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task Document_OfTheSteps_HasNumbersWithBounds()
    {
        using var document = await Document();
        var parameters = document.RootElement.GetProperty("paths").GetProperty("/v1/steps").GetProperty("get").GetProperty("parameters");
        var limit = parameters.EnumerateArray().Single(parameter => parameter.GetProperty("name").GetString() == "limit");
        Assert.Equal("integer", limit.GetProperty("schema").GetProperty("type").GetString());
        Assert.Equal(10_000, limit.GetProperty("schema").GetProperty("maximum").GetInt32());
    }

    [Fact]
    public async Task Document_OfTheChangingCalls_AsksForTheToken()
    {
        using var document = await Document();
        var paths = document.RootElement.GetProperty("paths");
        Assert.Equal("bearer", document.RootElement.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer")
            .GetProperty("scheme").GetString());
        foreach (var name in (string[])["pause", "resume", "stop"])
        {
            var call = paths.GetProperty("/v1/" + name).GetProperty("post");
            Assert.True(call.GetProperty("security")[0].TryGetProperty("bearer", out _));
            Assert.True(call.GetProperty("responses").TryGetProperty("401", out _));
        }

        Assert.False(paths.GetProperty("/v1/status").GetProperty("get").TryGetProperty("security", out _));
    }

    private static async Task<JsonDocument> Document()
    {
        await using var host = await RunHost.Start();
        return JsonDocument.Parse(await host.Client.GetStringAsync("/openapi/v1.json"));
    }
}
