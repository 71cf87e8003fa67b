using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using DistZO.Rpc;
using DistZO.Rpc.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps gRPC services to endpoints.</summary>
public static class GrpcEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Serves the methods of a class that derives from a generated base. Its objects come from the service provider if it is
    /// registered there; otherwise one is made, and disposed, for each call.
    /// </summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcService<[DynamicallyAccessedMembers(EndpointBinder.Kept)] TService>(
        this IEndpointRouteBuilder builder)
        where TService : class
    {
        var runtime = builder.ServiceProvider.GetService<ServerRuntime>()
            ?? throw new InvalidOperationException("Call services.AddGrpc() before MapGrpcService.");
        var endpoints = new EndpointBinder<TService>(builder, runtime);
        BindMethod(typeof(TService)).Invoke(null, [endpoints, null]);
        foreach (string service in endpoints.ServiceNames) Unimplemented(builder, $"/{service}", "method");
        if (!runtime.UnknownServicesMapped) Unimplemented(builder, "/{unknownService}", "service");
        runtime.UnknownServicesMapped = true;
        return new GrpcServiceEndpointConventionBuilder(endpoints.Endpoints);
    }

    private static MethodInfo BindMethod(Type service)
    {
        var attribute = service.GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)
            ?? throw new InvalidOperationException($"{service.Name} does not derive from the generated base of a gRPC service.");
        return attribute.BindType
            .GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Single(method => method.Name == attribute.BindMethodName
                && method.GetParameters() is [var binder, _] && binder.ParameterType == typeof(ServiceBinderBase));
    }

    private static void Unimplemented(IEndpointRouteBuilder builder, string service, string what) =>
        builder.Map(
                $"{service}/{{unknownMethod:{GrpcRequestConstraint.Name}}}",
                context => RequestChecks.Pass(context)
                    ? GrpcStatus.WriteAsync(context, new(StatusCode.Unimplemented, $"There is no such {what}: {context.Request.Path}"))
                    : Task.CompletedTask)
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Post]))
            .WithDisplayName($"gRPC - unknown {what}");
}
