using System.Collections.Concurrent;
using System.Net;
using DistZO.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistZO.Coordinator;

/// <summary>
/// Stands in front of the gRPC services: whoever does not bring the token learns so, and is not asked again for a while once it has tried
/// too often. The pages on the other port have rules of their own.
/// </summary>
/// <param name="token">What must be brought; null for nothing.</param>
internal sealed class Admission(SharedToken? token)
{
    /// <summary>Wrong tokens from one address within a minute.</summary>
    private const int MostFailures = 20;

    private const int MostAddresses = 10_000;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<IPAddress, (int Failures, long Since)> _failures = new();

    /// <summary>Workers call here and nowhere else, and nobody else does: the ports may ask for different certificates.</summary>
    public int GrpcPort { get; set; }

    public Task Invoke(HttpContext context, RequestDelegate next)
    {
        var isForWorkers = context.Connection.LocalPort == GrpcPort;
        if (!GrpcStatus.Applies(context))
        {
            if (!isForWorkers) return next(context);
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        }

        if (!isForWorkers) return GrpcStatus.WriteAsync(context, new Status(StatusCode.Unimplemented, "workers are served on another port"));
        if (token is null) return next(context);
        var address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        var now = Environment.TickCount64;
        if (_failures.TryGetValue(address, out var failed) && failed.Failures >= MostFailures && now - failed.Since < Window.TotalMilliseconds)
            return GrpcStatus.WriteAsync(context, new Status(StatusCode.ResourceExhausted, "too many wrong tokens from here; wait a minute"));
        if (token.IsIn(context.Request.Headers.Authorization.ToString())) return next(context);

        if (_failures.Count > MostAddresses) _failures.Clear();
        _failures.AddOrUpdate(
            address, _ => (1, now), (_, before) => now - before.Since < Window.TotalMilliseconds ? (before.Failures + 1, before.Since) : (1, now));
        return GrpcStatus.WriteAsync(context, new Status(
            StatusCode.Unauthenticated,
            "the coordinator wants a token, and this one is missing or wrong; give the worker its token with --token-file or DISTZO_TOKEN"));
    }
}
