using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Rpc.Server;

/// <summary>What trimming must leave of a service class.</summary>
internal static class EndpointBinder
{
    public const DynamicallyAccessedMemberTypes Kept =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicMethods;
}

/// <summary>
/// Makes an endpoint of each method of a service. Generated code gives no handlers without a service object; they are found by name,
/// as delegates that take the object of each call.
/// </summary>
internal sealed class EndpointBinder<[DynamicallyAccessedMembers(EndpointBinder.Kept)] TService>(
    IEndpointRouteBuilder builder, ServerRuntime runtime) : ServiceBinderBase
    where TService : class
{
    private readonly List<IEndpointConventionBuilder> _endpoints = [];
    private readonly HashSet<string> _serviceNames = [];

    public IReadOnlyList<IEndpointConventionBuilder> Endpoints => _endpoints;

    public IEnumerable<string> ServiceNames => _serviceNames;

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler)
    {
        var handle = Find<Func<TService, TRequest, ServerCallContext, Task<TResponse>>>(
            method, typeof(TRequest), typeof(ServerCallContext));
        Add(method, async (service, call) =>
        {
            var request = await call.ReadSingleAsync().ConfigureAwait(false);
            call.Respond(await handle(service, request, call.Context).ConfigureAwait(false));
        });
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var handle = Find<Func<TService, IAsyncStreamReader<TRequest>, ServerCallContext, Task<TResponse>>>(
            method, typeof(IAsyncStreamReader<TRequest>), typeof(ServerCallContext));
        Add(method, async (service, call) => call.Respond(await handle(service, call.Requests, call.Context).ConfigureAwait(false)));
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var handle = Find<Func<TService, TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
            method, typeof(TRequest), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        Add(method, async (service, call) =>
        {
            var request = await call.ReadSingleAsync().ConfigureAwait(false);
            await handle(service, request, call.Responses, call.Context).ConfigureAwait(false);
        });
    }

    public override void AddMethod<TRequest, TResponse>(
        Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler)
    {
        var handle = Find<Func<TService, IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task>>(
            method, typeof(IAsyncStreamReader<TRequest>), typeof(IServerStreamWriter<TResponse>), typeof(ServerCallContext));
        Add(method, (service, call) => handle(service, call.Requests, call.Responses, call.Context));
    }

    private static TDelegate Find<TDelegate>(IMethod method, params Type[] parameters)
        where TDelegate : Delegate => typeof(TService).GetMethod(method.Name, parameters)?.CreateDelegate<TDelegate>()
            ?? throw new InvalidOperationException($"{typeof(TService).Name} has no method {method.Name} for {method.FullName}.");

    private void Add<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<TService, ServerCall<TRequest, TResponse>, Task> handle)
        where TRequest : class
        where TResponse : class
    {
        var endpoint = new MethodEndpoint<TService, TRequest, TResponse>(method, runtime, handle);
        _serviceNames.Add(method.ServiceName);
        _endpoints.Add(builder.Map(method.FullName, endpoint.HandleAsync)
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Post]), method)
            .WithDisplayName($"gRPC - {method.FullName}"));
    }
}
