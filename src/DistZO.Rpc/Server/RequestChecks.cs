using DistZO.Rpc.Framing;
using Microsoft.AspNetCore.Http;

namespace DistZO.Rpc.Server;

/// <summary>Refuses what is no gRPC call, with an HTTP status.</summary>
internal static class RequestChecks
{
    /// <summary>True for a gRPC call over HTTP/2; otherwise the response's status is set: 426 or 415.</summary>
    public static bool Pass(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Response.StatusCode = StatusCodes.Status426UpgradeRequired;
            context.Response.Headers.Upgrade = "HTTP/2";
            return false;
        }
        if (WireNames.IsGrpc(context.Request.ContentType)) return true;
        context.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
        return false;
    }
}
