using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DistZO.Rpc.Tests;

/// <summary>Where service objects come from, and what generated code offers beside servers and channels.</summary>
public class ServiceLifetimeTests
{
    [Fact]
    public async Task Service_NotRegistered_IsMadeAndDisposedForEachCall()
    {
        var counts = new Counts();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(counts);
        await using var app = builder.Build();
        Assert.NotNull(app.MapGrpcService<Disposable>());
        await using var server = await TestServer.StartAsync(
            services: services => services.AddSingleton(counts), map: mapped => mapped.MapGrpcService<Disposable>());
        var client = new OtherService.OtherServiceClient(server.Channel);
        for (int call = 0; call < 3; call++) await client.CountAsync(new EchoMessage()).ResponseAsync.InTime();
        Assert.Equal((3, 3), (counts.Made, counts.Disposed));
    }

    [Fact]
    public void MapGrpcService_WithoutAddGrpcOrAGeneratedBase_SaysSo()
    {
        var without = WebApplication.CreateSlimBuilder().Build();
        Assert.Contains("AddGrpc", Assert.Throws<InvalidOperationException>(() => without.MapGrpcService<ScriptedService>()).Message);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddGrpc();
        Assert.Contains("generated", Assert.Throws<InvalidOperationException>(() => builder.Build().MapGrpcService<Counts>()).Message);
    }

    [Fact]
    public void ServiceDefinition_OfAGeneratedService_NamesItsMethods()
    {
        var binder = new NamingBinder();
        EchoService.BindService(new ScriptedService()).BindService(binder);
        Assert.Equal(["Unary", "ClientStream", "ServerStream", "Duplex"], binder.Names);
    }

    [Fact]
    public async Task ClientStub_DerivedInATest_NeedsNoChannel()
    {
        var stub = new Stub();
        Assert.Equal("stub", (await stub.UnaryAsync(new EchoMessage())).Text);
        Assert.Throws<NotImplementedException>(() => stub.Duplex());
    }

    private sealed class Counts
    {
        public int Made { get; set; }

        public int Disposed { get; set; }
    }

    private sealed class Disposable : OtherService.OtherServiceBase, IDisposable
    {
        private readonly Counts _counts;

        public Disposable(Counts counts)
        {
            _counts = counts;
            _counts.Made++;
        }

        public override Task<EchoMessage> Count(EchoMessage request, ServerCallContext context) => Task.FromResult(request);

        public void Dispose() => _counts.Disposed++;
    }

    private sealed class Stub : EchoService.EchoServiceClient
    {
        public override AsyncUnaryCall<EchoMessage> UnaryAsync(EchoMessage request, CallOptions options) =>
            new(
                Task.FromResult(new EchoMessage { Text = "stub" }),
                Task.FromResult(Metadata.Empty),
                () => Status.DefaultSuccess,
                () => [],
                () => { });
    }

    private sealed class NamingBinder : ServiceBinderBase
    {
        public List<string> Names { get; } = [];

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) => Names.Add(method.Name);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) => Names.Add(method.Name);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) => Names.Add(method.Name);

        public override void AddMethod<TRequest, TResponse>(
            Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) => Names.Add(method.Name);
    }
}
