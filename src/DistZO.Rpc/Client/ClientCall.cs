using System.IO.Pipelines;
using System.Net;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// One call, from its request to its status. Whoever ends it first decides the status: the server's trailers, a failure, the deadline,
/// the caller. If it is over before the response is, the stream is reset, and the server's handler is cancelled.
/// </summary>
internal sealed class ClientCall : IDisposable
{
    private static readonly Status Cancelled = new(StatusCode.Cancelled, "The call was cancelled by its caller.");

    private readonly Lock _lock = new();
    private readonly GrpcChannel _channel;
    private readonly CallOptions _options;
    private readonly Action? _abandoned;
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DeadlineTimer? _deadline;
    private readonly CancellationTokenRegistration _callerCancels;
    private readonly CancellationTokenRegistration _channelCloses;
    private HttpResponseMessage? _response;
    private volatile Outcome? _outcome;

    /// <param name="channel">Where it goes.</param>
    /// <param name="options">What the caller asked for.</param>
    /// <param name="abandoned">Called when the call is over, to release who waits for the request stream.</param>
    public ClientCall(GrpcChannel channel, CallOptions options, Action? abandoned)
    {
        (_channel, _options, _abandoned) = (channel, options, abandoned);
        ObjectDisposedException.ThrowIf(channel.Closed.IsCancellationRequested, channel);
        var left = TimeLeft();
        if (left <= TimeSpan.Zero) End(ClientStatus.DeadlineExceeded);
        else if (left is not null)
            _deadline = new DeadlineTimer(channel.Options.TimeProvider, left.Value, () => End(ClientStatus.DeadlineExceeded));
        _callerCancels = CancelledBy(options.CancellationToken);
        _channelCloses = channel.Closed.UnsafeRegister(static call => ((ClientCall)call!).End(Cancelled), this);
        if (_outcome is not null) Release();
    }

    public bool IsOver => _outcome is not null;

    public int? MaxReceiveMessageSize => _channel.Options.MaxReceiveMessageSize;

    /// <summary>The response's headers; fails if the call ends before they come.</summary>
    public Task<Metadata> Headers => _headers.Task;

    /// <summary>Sends the request; what it returns gives the bytes of the response, or null if the call is over without any.</summary>
    public async Task<PipeReader?> SendAsync(IMethod method, Func<HttpContent> content)
    {
        try
        {
            if (_outcome is not null) return null;
            var response = await _channel.Http.SendAsync(Request(method, content()), _abort.Token).ConfigureAwait(false);
            lock (_lock) _response = response;
            if (_outcome is not null) // ended meanwhile: nobody else disposes it
            {
                response.Dispose();
                return null;
            }
            if (ClientStatus.OfResponse(response) is { } refusal)
            {
                End(refusal);
                return null;
            }
            _headers.TrySetResult(ClientStatus.MetadataOf(response.Headers));
            if (response.Headers.NonValidated.Contains(WireNames.Status))
            {
                End(ClientStatus.OfTrailers(response.Headers), ClientStatus.MetadataOf(response.Headers));
                return null;
            }
            return PipeReader.Create(await response.Content.ReadAsStreamAsync().ConfigureAwait(false));
        }
        catch (Exception problem)
        {
            End(ClientStatus.Of(problem));
            return null;
        }
    }

    /// <summary>The whole response was read: its trailers have the status.</summary>
    public void EndByTrailers()
    {
        if (_outcome is not null) return;
        try
        {
            End(ClientStatus.OfTrailers(_response!.TrailingHeaders), ClientStatus.MetadataOf(_response.TrailingHeaders));
        }
        catch (RpcException malformed)
        {
            End(malformed.Status);
        }
    }

    /// <summary>Ends the call, if it is not over.</summary>
    public void End(Status status, Metadata? trailers = null)
    {
        if (Interlocked.CompareExchange(ref _outcome, new Outcome(status, trailers ?? Metadata.Empty), null) is null) Release();
    }

    /// <summary>Fires at the end of the call: a request that waits for the server to read need not wait for it to let go.</summary>
    public CancellationToken Over => _abort.Token;

    public Status GetStatus() => _outcome?.Status ?? throw new InvalidOperationException("The call is not over: it has no status yet.");

    public Metadata GetTrailers() =>
        _outcome?.Trailers ?? throw new InvalidOperationException("The call is not over: it has no trailers yet.");

    /// <summary>What the callers of a call that failed are told.</summary>
    public RpcException Failure() => new(GetStatus(), GetTrailers());

    /// <summary>Throws the status of a call that is over, even if it is OK: the server takes no more requests.</summary>
    public void ThrowIfOver()
    {
        if (_outcome is not null) throw Failure();
    }

    /// <summary>While the registration lives, the token cancels the call.</summary>
    public CancellationTokenRegistration CancelledBy(CancellationToken token) =>
        token.UnsafeRegister(static call => ((ClientCall)call!).End(Cancelled), this);

    public void Dispose() => End(Cancelled);

    private TimeSpan? TimeLeft() => _options.Deadline is { } deadline && deadline != DateTime.MaxValue
        ? deadline.ToUniversalTime() - _channel.Options.TimeProvider.GetUtcNow().UtcDateTime
        : null;

    private HttpRequestMessage Request(IMethod method, HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_channel.Address, method.FullName))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (TimeLeft() is { } left) request.Headers.TryAddWithoutValidation(WireNames.Timeout, TimeoutHeader.Format(left));
        request.Headers.TryAddWithoutValidation(WireNames.AcceptEncoding, WireNames.Identity);
        foreach (var entry in _options.Headers ?? Metadata.Empty)
            request.Headers.TryAddWithoutValidation(entry.Key, WireMetadata.Encode(entry));
        if (!request.Headers.NonValidated.Contains("user-agent")) request.Headers.TryAddWithoutValidation("user-agent", "grpc-distzo/1");
        return request;
    }

    /// <summary>Lets go of everything. Disposing a response that was not read to its end resets the stream.</summary>
    private void Release()
    {
        _deadline?.Dispose();
        _callerCancels.Unregister();
        _channelCloses.Unregister();
        _abort.Cancel();
        _abandoned?.Invoke();
        HttpResponseMessage? response;
        lock (_lock) response = _response;
        response?.Dispose();
        if (_headers.TrySetException(Failure())) _ = _headers.Task.Exception; // observed, if nobody asks for headers
    }

    private sealed record Outcome(Status Status, Metadata Trailers);
}
