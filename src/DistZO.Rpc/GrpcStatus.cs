using System.Globalization;
using DistZO.Rpc.Framing;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistZO.Rpc;

/// <summary>
/// Answers a gRPC call with nothing but a status, from middleware in front of the endpoints: who may not call learns why.
/// </summary>
public static class GrpcStatus
{
    /// <summary>Whether a request is a gRPC call; any other expects an HTTP status.</summary>
    public static bool Applies(HttpContext context) => WireNames.IsGrpc(context.Request.ContentType);

    /// <summary>Writes the whole response and ends it. Throws <see cref="InvalidOperationException"/> if a response has begun.</summary>
    public static Task WriteAsync(HttpContext context, Status status)
    {
        var response = context.Response;
        if (response.HasStarted) throw new InvalidOperationException("The response has begun; its status can only be sent in trailers.");
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = WireNames.ContentType;
        SetHeaders(response.Headers, status);
        return response.CompleteAsync();
    }

    internal static void SetHeaders(IHeaderDictionary headers, Status status)
    {
        headers[WireNames.Status] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail)) headers[WireNames.Message] = StatusMessage.Encode(status.Detail);
    }
}
