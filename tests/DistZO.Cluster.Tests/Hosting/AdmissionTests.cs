using System.Net;
using System.Net.Http.Headers;
using DistZO.Coordinator;
using DistZO.Rpc.V1;
using DistZO.Worker;
using Grpc.Core;

namespace DistZO.Cluster.Tests.Hosting;

/// <summary>Who gets in, through real sockets.</summary>
public sealed class AdmissionTests(RunFiles files) : IClassFixture<RunFiles>
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("a long random wor")]
    [InlineData("a long random word!")]
    public async Task Work_WithoutTheToken_IsUnauthenticated(string? token)
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        using var call = coordinator.Call(token);
        var status = await RunningCoordinator.End(call);
        Assert.Equal(StatusCode.Unauthenticated, status.StatusCode);
        Assert.Contains("--token-file", status.Detail);
        Assert.Empty(await coordinator.Loop.Workers());
    }

    [Fact]
    public async Task Work_InAFloodOfWrongTokens_IsNotDisturbed()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        using var admitted = await coordinator.Admitted();
        for (var i = 0; i < Admission.MostFailures; i++)
        {
            using var wrong = coordinator.Call($"guess {i}");
            Assert.Equal(StatusCode.Unauthenticated, (await RunningCoordinator.End(wrong)).StatusCode);
        }

        foreach (var token in new[] { "one more", RunningCoordinator.Token })
        {
            using var late = coordinator.Call(token);
            Assert.Equal(StatusCode.ResourceExhausted, (await RunningCoordinator.End(late)).StatusCode);
        }

        // The stream that was admitted is heard and answered.
        Assert.Single(await coordinator.Loop.Workers());
        await admitted.RequestStream.WriteAsync(new WorkRequest { Ready = new Ready { Identity = "no identity" } });
        var status = await RunningCoordinator.End(admitted);
        Assert.Equal(StatusCode.FailedPrecondition, status.StatusCode);
        Assert.Contains("cannot be read", status.Detail);

        coordinator.Time.AdvanceTo(Admission.FailureWindow.TotalSeconds);
        using var again = await coordinator.Admitted();
    }

    [Fact]
    public async Task Work_WithAMessageThatIsTooLarge_IsRefused()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        using var call = await coordinator.Admitted();
        try
        {
            await call.RequestStream.WriteAsync(new WorkRequest { Goodbye = new Goodbye { Reason = new string('x', 9 << 20) } }).WaitAsync(RunningCoordinator.Limit);
        }
        catch (RpcException)
        {
            // It was told before all was sent.
        }

        var status = await RunningCoordinator.End(call);
        Assert.Equal(StatusCode.FailedPrecondition, status.StatusCode);
        Assert.Contains("cannot be read", status.Detail);
    }

    [Fact]
    public async Task Work_OverTooManyConnections_IsUnavailable()
    {
        await using var coordinator = await RunningCoordinator.Start(files, options => options with { MaxConnectionsPerAddress = 2 });
        using var first = await coordinator.Admitted();
        using var second = await coordinator.Admitted();
        using var third = coordinator.Call();
        Assert.Equal(StatusCode.Unavailable, (await RunningCoordinator.End(third)).StatusCode);
        Assert.Equal(2, (await coordinator.Loop.Workers()).Count);
    }

    [Fact]
    public async Task Work_OnThePortForPages_IsNotServed()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        using var call = coordinator.Call(at: coordinator.Host.Http);
        Assert.NotEqual(StatusCode.OK, (await RunningCoordinator.End(call)).StatusCode);
        Assert.Empty(await coordinator.Loop.Workers());
    }

    [Fact]
    public async Task Pages_OnThePortForWorkers_AreNotServed()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{coordinator.Host.Listen}/v1/status")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        Assert.Equal(HttpStatusCode.NotFound, (await coordinator.Pages.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Pages_WithWrongTokens_AreNotListenedToForAWhile()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        for (var i = 0; i < Admission.MostFailures; i++) Assert.Equal(HttpStatusCode.Unauthorized, await Pause("wrong"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await Pause("wrong"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await Pause(RunningCoordinator.Token));
        // Reading needs no token.
        Assert.Equal(HttpStatusCode.OK, (await coordinator.Pages.GetAsync("/v1/status")).StatusCode);
        coordinator.Time.AdvanceTo(Admission.FailureWindow.TotalSeconds);
        Assert.Equal(HttpStatusCode.OK, await Pause(RunningCoordinator.Token));

        async Task<HttpStatusCode> Pause(string token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/pause");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return (await coordinator.Pages.SendAsync(request)).StatusCode;
        }
    }

    [Fact]
    public async Task Pages_InAFloodOfRequests_AreLimited()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i <= Admission.MostCalls; i++) answers.Add((await coordinator.Pages.GetAsync("/livez")).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
        Assert.Single(answers, HttpStatusCode.TooManyRequests);
        using var worker = await coordinator.Admitted();
    }

    [Fact]
    public async Task Worker_WithMarkupInItsName_IsShownAsText()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        using var call = await coordinator.Admitted("<script>alert(1)</script>\u001b[31m\u202e");
        Assert.Equal("<script>alert(1)</script>[31m", (await coordinator.Loop.Workers()).Single().Name);
        Assert.DoesNotContain("<script>", await coordinator.Pages.GetStringAsync("/v1/workers"));
        await call.RequestStream.WriteAsync(CoordinatorWire.Write(new Runs.Goodbye(false, "bye\u001b[2J\nstep 5/5")));
        await RunningCoordinator.End(call);
        Assert.Contains(await coordinator.Loop.Events(0), happened => happened.Message == "bye[2Jstep 5/5");
    }
}
