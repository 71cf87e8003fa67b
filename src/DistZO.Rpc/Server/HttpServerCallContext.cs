using System.Net.Sockets;
using DistZO.Rpc.Framing;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace DistZO.Rpc.Server;

/// <summary>The context of one call on its HTTP request: its deadline, its headers, and the status at its end.</summary>
internal sealed class HttpServerCallContext(HttpContext http, ServerRuntime runtime) : ServerCallContext, IDisposable
{
    private readonly CancellationToken _aborted = http.RequestAborted;
    private CancellationTokenSource? _cancelled;
    private DeadlineTimer? _timer;
    private DateTime _deadline = DateTime.MaxValue;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private bool _bodyBegun;
    private volatile bool _deadlinePassed;
    private volatile bool _over;

    public HttpContext HttpContext => http;

    /// <summary>Fires at the deadline, to break off reads and writes. The server itself breaks off those of a lost client.</summary>
    public CancellationToken DeadlineToken => _cancelled?.Token ?? CancellationToken.None;

    protected override string MethodCore => http.Request.Path.Value!;

    protected override string HostCore => http.Request.Host.Value ?? "";

    protected override string PeerCore => http.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetwork } address => $"ipv4:{address}:{http.Connection.RemotePort}",
        { IsIPv4MappedToIPv6: true } address => $"ipv4:{address.MapToIPv4()}:{http.Connection.RemotePort}",
        var address => $"ipv6:[{address}]:{http.Connection.RemotePort}",
    };

    protected override DateTime DeadlineCore => _deadline;

    protected override Metadata RequestHeadersCore => _requestHeaders ?? Metadata.Empty;

    protected override CancellationToken CancellationTokenCore => _cancelled?.Token ?? _aborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; } = Status.DefaultSuccess;

    protected override WriteOptions? WriteOptionsCore { get; set; }

    /// <summary>Reads the headers and starts the deadline. Throws <see cref="RpcException"/> for a call that can't be served.</summary>
    public void Start()
    {
        var headers = http.Request.Headers;
        string? encoding = headers[WireNames.Encoding];
        if (encoding is not null && encoding != WireNames.Identity)
        {
            http.Response.Headers[WireNames.AcceptEncoding] = WireNames.Identity;
            throw new RpcException(new Status(StatusCode.Unimplemented, $"Messages compressed by {encoding} are not accepted."));
        }
        if (headers[WireNames.Timeout] is [{ } text]) StartDeadline(text);
        _requestHeaders = [];
        foreach (var (key, values) in headers)
        {
            foreach (string? value in values) WireMetadata.Decode(key, value, _requestHeaders);
        }
    }

    /// <summary>Throws if nothing can be read or written any longer.</summary>
    public void ThrowIfOver()
    {
        if (_over) throw new InvalidOperationException("The call is over: its handler has returned.");
        if (_deadlinePassed) throw new OperationCanceledException("The deadline of the call has passed.", CancellationToken);
    }

    /// <summary>Before the first byte of the body: the status will go into trailers.</summary>
    public void BeginBody()
    {
        if (_bodyBegun) return;
        _bodyBegun = true;
        http.Response.ContentType = WireNames.ContentType;
    }

    /// <summary>Turns what a handler threw into the status of the call.</summary>
    public void Fail(Exception problem)
    {
        if (_aborted.IsCancellationRequested || _deadlinePassed)
        {
            ServerLog.CallBrokenOff(runtime.Log, Method, problem.Message);
            Status = Status.DefaultCancelled; // sent to nobody; at the deadline another one is
        }
        else if (problem is RpcException rpc)
        {
            ServerLog.CallFailed(runtime.Log, Method, rpc.StatusCode, rpc.Status.Detail);
            Status = rpc.Status;
            foreach (var entry in rpc.Trailers) ResponseTrailers.Add(entry);
        }
        else if (problem is OperationCanceledException or Microsoft.AspNetCore.Connections.ConnectionResetException)
        {
            // The stream may be given up before the call is told so.
            ServerLog.CallBrokenOff(runtime.Log, Method, problem.Message);
            Status = Status.DefaultCancelled;
        }
        else
        {
            ServerLog.HandlerThrew(runtime.Log, problem, Method);
            Status = new Status(StatusCode.Unknown, "Exception was thrown by handler.");
        }
    }

    /// <summary>Sends status and trailers: in trailers, or as the only headers of a response without a body.</summary>
    public Task FinishAsync()
    {
        _over = true;
        if (_aborted.IsCancellationRequested) return Task.CompletedTask;
        var status = _deadlinePassed ? new Status(StatusCode.DeadlineExceeded, "The deadline of the call has passed.") : Status;
        var headers = _bodyBegun ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : http.Response.Headers;
        if (!_bodyBegun) http.Response.ContentType = WireNames.ContentType;
        try
        {
            AddMetadata(headers, _responseTrailers ?? Metadata.Empty);
        }
        catch (RpcException unsendable)
        {
            ServerLog.CallFailed(runtime.Log, Method, unsendable.StatusCode, unsendable.Status.Detail);
            status = unsendable.Status;
        }
        GrpcStatus.SetHeaders(headers, status);
        return http.Response.CompleteAsync();
    }

    public void Dispose()
    {
        _over = true;
        _timer?.Dispose();
        _cancelled?.Dispose();
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        ThrowIfOver();
        if (_bodyBegun) throw new InvalidOperationException("The response headers have been sent already.");
        AddMetadata(http.Response.Headers, responseHeaders);
        BeginBody();
        return http.Response.BodyWriter.FlushAsync(DeadlineToken).AsTask();
    }

    private static void AddMetadata(IHeaderDictionary headers, Metadata metadata)
    {
        // All are encoded before the first is added: one that can't travel must leave none behind.
        foreach (var (key, value) in metadata.Select(entry => (entry.Key, WireMetadata.Encode(entry))).ToList()) headers.Append(key, value);
    }

    private void StartDeadline(string text)
    {
        if (!TimeoutHeader.TryParse(text, out var timeout))
            throw new RpcException(new Status(StatusCode.Internal, $"The timeout \"{text}\" is malformed."));
        var now = runtime.Time.GetUtcNow().UtcDateTime;
        if (timeout >= DateTime.MaxValue - now) return;
        _deadline = now + timeout;
        _cancelled = CancellationTokenSource.CreateLinkedTokenSource(_aborted);
        _timer = new DeadlineTimer(runtime.Time, timeout, PassDeadline);
    }

    private void PassDeadline()
    {
        if (_over) return;
        _deadlinePassed = true;
        try
        {
            _cancelled!.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended at this very moment.
        }
        catch (AggregateException problem)
        {
            ServerLog.HandlerThrew(runtime.Log, problem, Method); // in a callback of its token; on this thread it would end the process
        }
    }
}
