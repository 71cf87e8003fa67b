using DistZO.Rpc.Health;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace DistZO.Rpc.Tests;

public class HealthServiceTests
{
    private readonly HealthService _health = new();

    [Fact]
    public async Task Check_KnownServices_SaysTheirStatus()
    {
        await using var server = await StartAsync();
        var client = new Grpc.Health.V1.Health.HealthClient(server.Channel);
        _health.SetStatus("", ServingStatus.Serving);
        _health.SetStatus("part", ServingStatus.NotServing);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new()).ResponseAsync.InTime()).Status);
        Assert.Equal(ServingStatus.NotServing, (await client.CheckAsync(new() { Service = "part" }).ResponseAsync.InTime()).Status);
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound()
    {
        await using var server = await StartAsync();
        var client = new Grpc.Health.V1.Health.HealthClient(server.Channel);
        var problem = await Assert.ThrowsAsync<RpcException>(() => client.CheckAsync(new() { Service = "x" }).ResponseAsync.InTime());
        Assert.Equal(StatusCode.NotFound, problem.StatusCode);
    }

    [Fact]
    public async Task Watch_Changes_AreToldUntilTheServerShutsDown()
    {
        await using var server = await StartAsync();
        using var call = new Grpc.Health.V1.Health.HealthClient(server.Channel).Watch(new HealthCheckRequest { Service = "part" });
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(call));
        _health.SetStatus("part", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(call));
        _health.SetStatus("part", ServingStatus.Serving); // no change
        _health.SetStatus("other", ServingStatus.NotServing);
        _health.ShutDown();
        _health.SetStatus("part", ServingStatus.Serving); // ignored
        Assert.Equal(ServingStatus.NotServing, await NextAsync(call));
        var end = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext().InTime());
        Assert.Equal(StatusCode.Unavailable, end.StatusCode);

        using var late = new Grpc.Health.V1.Health.HealthClient(server.Channel).Watch(new HealthCheckRequest { Service = "part" });
        Assert.Equal(ServingStatus.NotServing, await NextAsync(late));
        await Assert.ThrowsAsync<RpcException>(() => late.ResponseStream.MoveNext().InTime());
    }

    [Fact]
    public async Task Watch_ClientLeaves_OthersGoOn()
    {
        await using var server = await StartAsync();
        var client = new Grpc.Health.V1.Health.HealthClient(server.Channel);
        using var stays = client.Watch(new HealthCheckRequest());
        using (var leaves = client.Watch(new HealthCheckRequest())) Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(leaves));
        Assert.Equal(ServingStatus.ServiceUnknown, await NextAsync(stays));
        _health.SetStatus("", ServingStatus.Serving);
        Assert.Equal(ServingStatus.Serving, await NextAsync(stays));
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> call)
    {
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        return call.ResponseStream.Current.Status;
    }

    private Task<TestServer> StartAsync() =>
        TestServer.StartAsync(services: services => services.AddSingleton(_health), map: app => app.MapGrpcService<HealthService>());
}
