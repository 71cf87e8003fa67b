using System.Diagnostics.CodeAnalysis;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.DependencyInjection;

namespace DistZO.Rpc.Server;

/// <summary>Handles the calls of one method: checks the request, runs the handler of a service object, sends the status.</summary>
internal sealed class MethodEndpoint<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TService, TRequest, TResponse>(
        Method<TRequest, TResponse> method, ServerRuntime runtime, Func<TService, ServerCall<TRequest, TResponse>, Task> handle)
    where TService : class
    where TRequest : class
    where TResponse : class
{
    private static readonly ObjectFactory<TService> Make = ActivatorUtilities.CreateFactory<TService>([]);

    public async Task HandleAsync(HttpContext http)
    {
        if (!RequestChecks.Pass(http)) return;
        LiftLimits(http);
        using var context = new HttpServerCallContext(http, runtime);
        var call = new ServerCall<TRequest, TResponse>(http, context, method, runtime.Options);
        try
        {
            context.Start();
            await RunAsync(http, call).ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            context.Fail(problem);
        }
        if (call.IsTorn) http.Abort();
        else await context.FinishAsync().ConfigureAwait(false);
    }

    /// <summary>A stream may be silent, and long; its messages have a limit of their own.</summary>
    private static void LiftLimits(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }

    private async Task RunAsync(HttpContext http, ServerCall<TRequest, TResponse> call)
    {
        if (http.RequestServices.GetService<TService>() is { } registered)
        {
            await handle(registered, call).ConfigureAwait(false);
            return;
        }
        var service = Make(http.RequestServices, []);
        try
        {
            await handle(service, call).ConfigureAwait(false);
        }
        finally
        {
            if (service is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync().ConfigureAwait(false);
            else (service as IDisposable)?.Dispose();
        }
    }
}
