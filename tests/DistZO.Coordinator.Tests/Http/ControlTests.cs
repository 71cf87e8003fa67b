using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace DistZO.Coordinator.Tests;

public sealed class ControlTests
{
    private const string Token = "correct horse battery staple";

    [Theory]
    [InlineData("pause", "paused")]
    [InlineData("resume", "training")]
    [InlineData("stop", "finishing")]
    public async Task Command_WithTheToken_IsDoneAndAnswersWithTheStatus(string name, string state)
    {
        await using var host = await RunHost.Start(token: Token);
        var response = await host.Send(HttpMethod.Post, $"/v1/{name}", Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(state, json.RootElement.GetProperty("state").GetString());
        Assert.Equal([name], host.Monitor.Calls);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("wrong")]
    [InlineData("correct horse battery stapl")]
    [InlineData("correct horse battery staple2")]
    public async Task Command_WithoutTheToken_IsUnauthorizedAndDoesNothing(string? token)
    {
        await using var host = await RunHost.Start(token: Token);
        var response = await host.Send(HttpMethod.Post, "/v1/stop", headers: token is null ? [] : [("Authorization", "Bearer " + token)]);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.Single().Scheme);
        Assert.Contains("Authorization: Bearer TOKEN", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(host.Monitor.Calls);
    }

    [Fact]
    public async Task Command_WithoutATokenOnLoopback_IsDone()
    {
        await using var host = await RunHost.Start();
        Assert.Equal(HttpStatusCode.OK, (await host.Send(HttpMethod.Post, "/v1/pause")).StatusCode);
        Assert.Equal(["pause"], host.Monitor.Calls);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site", false)]
    [InlineData("Sec-Fetch-Site", "same-site", false)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Site", "none", true)]
    [InlineData("Origin", "https://elsewhere.example", false)]
    [InlineData("Origin", "null", false)]
    [InlineData("Origin", "http://127.0.0.1:1", false)]
    [InlineData("Origin", "SELF", true)]
    public async Task Command_FromAPageOfASite_IsDoneForOurOwnOnly(string header, string value, bool allowed)
    {
        await using var host = await RunHost.Start();
        if (value == "SELF") value = host.Address.GetLeftPart(UriPartial.Authority);
        var response = await host.Send(HttpMethod.Post, "/v1/stop", headers: [(header, value)]);
        Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, response.StatusCode);
        Assert.Equal(allowed ? 1 : 0, host.Monitor.Calls.Count);
    }

    [Theory]
    [InlineData("elsewhere.example", false)]
    [InlineData("elsewhere.example:80", false)]
    [InlineData("127.0.0.1.elsewhere.example", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("localhost:8080", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("127.0.0.2", true)]
    [InlineData("[::1]:8080", true)]
    public async Task AnyRequest_WithoutATokenUnderAName_IsAnsweredForLoopbackOnly(string name, bool allowed)
    {
        await using var host = await RunHost.Start();
        foreach (var path in (string[])["/", "/v1/status", "/v1/steps?from=-1", "/v1/stream", "/metrics", "/openapi/v1.json", "/livez"])
        {
            var response = await host.Send(HttpMethod.Get, path, headers: [("Host", name)]);
            Assert.Equal(!allowed, response.StatusCode == HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task AnyRequest_WithATokenSet_IsAnsweredUnderAnyName()
    {
        await using var host = await RunHost.Start(token: Token);
        var response = await host.Send(HttpMethod.Get, "/v1/status", headers: [("Host", "coordinator.cluster.example")]);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData(RunState.Finished)]
    [InlineData(RunState.Failed)]
    public async Task Command_AfterTheEnd_IsAConflict(RunState state)
    {
        await using var host = await RunHost.Start(new FakeRun { State = state });
        var response = await host.Send(HttpMethod.Post, "/v1/stop");
        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Empty(host.Monitor.Calls);
    }

    [Fact]
    public async Task Command_ByGet_IsNotAllowed()
    {
        await using var host = await RunHost.Start();
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await host.Send(HttpMethod.Get, "/v1/stop")).StatusCode);
        Assert.Empty(host.Monitor.Calls);
    }

    [Theory]
    [InlineData("coordinator.cluster.example", true, true)]
    [InlineData("coordinator.cluster.example", false, false)]
    [InlineData("localhost", false, true)]
    public void Guard_WithoutAToken_ServesOtherHostsIfItIsMeant(string host, bool anyHost, bool isServed)
    {
        var request = new DefaultHttpContext { Request = { Host = new HostString(host) } }.Request;
        Assert.Equal(isServed, new RequestGuard(null, anyHost).Check(request) is null);
    }

    [Fact]
    public void Guard_WithAnEmptyToken_IsRefused() => Assert.Throws<ArgumentException>(() => new RequestGuard("", anyHost: false));
}
