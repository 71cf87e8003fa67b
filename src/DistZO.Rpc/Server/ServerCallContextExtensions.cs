using DistZO.Rpc.Server;
using Microsoft.AspNetCore.Http;

namespace Grpc.Core;

/// <summary>The way from a call to its HTTP request.</summary>
public static class ServerCallContextExtensions
{
    /// <summary>The request and its connection, with the client's certificate. Throws for a context that has none, as in tests.</summary>
    public static HttpContext GetHttpContext(this ServerCallContext serverCallContext) =>
        (serverCallContext as HttpServerCallContext)?.HttpContext
        ?? throw new InvalidOperationException("The call did not come over HTTP: its context has no HttpContext.");
}
