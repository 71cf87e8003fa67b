using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>What HTTP's responses, headers and failures mean as a status.</summary>
internal static class ClientStatus
{
    public static Status DeadlineExceeded => new(StatusCode.DeadlineExceeded, "The deadline of the call has passed.");

    /// <summary>The status of a response that is none of gRPC's; null for one that is.</summary>
    public static Status? OfResponse(HttpResponseMessage response)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            // Some servers refuse with an HTTP status and say more in gRPC's own.
            return response.Headers.NonValidated.Contains(WireNames.Status)
                ? OfTrailers(response.Headers)
                : new Status(OfHttp((int)response.StatusCode), $"The server answered with HTTP status {(int)response.StatusCode}.");
        }
        string? type = response.Content.Headers.NonValidated.TryGetValues("content-type", out var values) ? values.ToString() : null;
        return WireNames.IsGrpc(type) ? null : new Status(StatusCode.Unknown, $"The server's answer is not gRPC but \"{type}\".");
    }

    /// <summary>What the fields <c>grpc-status</c> and <c>grpc-message</c> say; UNKNOWN if they say nothing.</summary>
    public static Status OfTrailers(HttpHeaders trailers)
    {
        var fields = trailers.NonValidated;
        if (!fields.TryGetValues(WireNames.Status, out var code)) return new Status(StatusCode.Unknown, "The server sent no status.");
        string detail = fields.TryGetValues(WireNames.Message, out var message) ? StatusMessage.Decode(message.ToString()) : "";
        // A number that is not known is UNKNOWN, as in all of gRPC.
        bool known = int.TryParse(code.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && Enum.IsDefined((StatusCode)number);
        return new Status(known ? (StatusCode)number : StatusCode.Unknown, detail);
    }

    public static Metadata MetadataOf(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var header in headers.NonValidated)
        {
            foreach (string value in header.Value) WireMetadata.Decode(header.Key, value, metadata);
        }
        return metadata;
    }

    /// <summary>What a failure of the transport means. A connection that breaks or can't be had is UNAVAILABLE.</summary>
    public static Status Of(Exception problem)
    {
        for (Exception? at = problem; at is not null; at = at.InnerException)
        {
            switch (at)
            {
                case RpcException rpc:
                    return rpc.Status;
                case HttpProtocolException protocol:
                    return new Status(OfHttp2(protocol.ErrorCode), Details(problem), problem);
            }
        }
        bool lost = problem is HttpRequestException or IOException or OperationCanceledException;
        return new Status(lost ? StatusCode.Unavailable : StatusCode.Internal, Details(problem), problem);
    }

    /// <summary>By gRPC's table "HTTP to gRPC Status Code Mapping".</summary>
    private static StatusCode OfHttp(int status) => status switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };

    /// <summary>
    /// By gRPC's table of HTTP/2 error codes for streams, where REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM, INADEQUATE_SECURITY,
    /// INTERNAL_ERROR and STREAM_CLOSED come from. The other codes end whole connections (a GOAWAY with NO_ERROR, a ping that nobody
    /// answered as PROTOCOL_ERROR), and HttpClient doesn't tell the two apart: they are UNAVAILABLE here, where the table says INTERNAL.
    /// </summary>
    private static StatusCode OfHttp2(long code) => code switch
    {
        0x2 or 0x5 => StatusCode.Internal,
        0x8 => StatusCode.Cancelled,
        0xB => StatusCode.ResourceExhausted,
        0xC => StatusCode.PermissionDenied,
        _ => StatusCode.Unavailable,
    };

    private static string Details(Exception problem)
    {
        var messages = new List<string>();
        for (Exception? at = problem; at is not null; at = at.InnerException)
        {
            if (!messages.Exists(said => said.Contains(at.Message, StringComparison.Ordinal))) messages.Add(at.Message);
        }
        return string.Join(" ", messages);
    }
}
