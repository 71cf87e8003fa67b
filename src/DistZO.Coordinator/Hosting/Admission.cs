using System.Globalization;
using System.Net;
using DistZO.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistZO.Coordinator;

/// <summary>
/// Stands in front of both ports. Workers call on theirs and nowhere else, and nobody else does: the ports may ask for different
/// certificates. Whoever does not bring the token learns so, and is not listened to for a while once it has tried too often, even with
/// the right one: guesses must not be faster than that. Streams that were admitted go on undisturbed.
/// </summary>
/// <param name="token">What must be brought; null for nothing.</param>
/// <param name="certificates">Which certificates workers must show; null for none.</param>
/// <param name="time">The clock.</param>
internal sealed class Admission(SharedToken? token, ClientCertificates? certificates, TimeProvider time)
{
    /// <summary>Wrong tokens from one address within <see cref="FailureWindow"/>.</summary>
    public const int MostFailures = 20;

    /// <summary>Calls from one address, without the token, within <see cref="CallWindow"/>: a thousand workers behind it may come back at once.</summary>
    public const int MostCalls = 2000;

    public static readonly TimeSpan FailureWindow = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan CallWindow = TimeSpan.FromSeconds(10);

    private readonly AddressLimit _failures = new(MostFailures, FailureWindow, time);
    private readonly AddressLimit _calls = new(MostCalls, CallWindow, time);

    public Task Invoke(HttpContext context, RequestDelegate next)
    {
        var isForWorkers = ConnectionGate.IsForWorkers(context);
        if (!GrpcStatus.Applies(context))
        {
            if (!isForWorkers) return ServePages(context, next);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        return isForWorkers ? ServeWorkers(context, next) : Refuse(context, StatusCode.Unimplemented, "workers are served on another port");
    }

    private Task ServeWorkers(HttpContext context, RequestDelegate next)
    {
        var address = context.Connection.RemoteIpAddress;
        if (_failures.IsReached(address)) return Refuse(context, StatusCode.ResourceExhausted, "too many wrong tokens from here; wait a minute");
        if (certificates?.Admits(context) == false)
        {
            return _calls.Add(address)
                ? Refuse(context, StatusCode.PermissionDenied, string.Create(CultureInfo.InvariantCulture,
                    $"it wants a worker's certificate of its authority that is valid now, {time.GetUtcNow().UtcDateTime:yyyy-MM-dd HH:mm} UTC by its clock; give one with --tls-cert and --tls-key"))
                : Refuse(context, StatusCode.ResourceExhausted, "too many calls from here; wait some seconds");
        }

        if (token?.IsIn(context.Request.Headers.Authorization.ToString()) == true) return next(context);
        if (!_calls.Add(address)) return Refuse(context, StatusCode.ResourceExhausted, "too many calls from here; wait some seconds");
        if (token is null) return next(context);
        _failures.Add(address);
        return Refuse(
            context,
            StatusCode.Unauthenticated,
            "the coordinator wants a token, and this one is missing or wrong; give the worker its token with --token-file or DISTZO_TOKEN");
    }

    /// <summary>Reading is open to whoever reaches the port; what changes something asks for the token itself.</summary>
    private async Task ServePages(HttpContext context, RequestDelegate next)
    {
        var address = context.Connection.RemoteIpAddress;
        var changes = !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method);
        if ((changes && _failures.IsReached(address)) || !_calls.Add(address))
        {
            var wait = changes ? FailureWindow : CallWindow;
            context.Response.Headers.RetryAfter = wait.TotalSeconds.ToString(CultureInfo.InvariantCulture);
            await Results.Problem("Too many requests from here; wait a minute.", statusCode: StatusCodes.Status429TooManyRequests)
                .ExecuteAsync(context).ConfigureAwait(false);
            return;
        }

        await next(context).ConfigureAwait(false);
        if (context.Response.StatusCode == StatusCodes.Status401Unauthorized) _failures.Add(address);
    }

    private static Task Refuse(HttpContext context, StatusCode code, string message) => GrpcStatus.WriteAsync(context, new Status(code, message));
}
