namespace Grpc.Core;

/// <summary>Any number of messages each way, in any order. A call that fails throws <see cref="RpcException"/> from its streams.</summary>
public sealed class AsyncDuplexStreamingCall<TRequest, TResponse>(
    IClientStreamWriter<TRequest> requestStream,
    IAsyncStreamReader<TResponse> responseStream,
    Task<Metadata> responseHeadersAsync,
    Func<Status> getStatusFunc,
    Func<Metadata> getTrailersFunc,
    Action disposeAction) : IDisposable
{
    public IClientStreamWriter<TRequest> RequestStream { get; } = requestStream;

    public IAsyncStreamReader<TResponse> ResponseStream { get; } = responseStream;

    public Task<Metadata> ResponseHeadersAsync { get; } = responseHeadersAsync;

    /// <summary>The status of a call that is over; throws <see cref="InvalidOperationException"/> before.</summary>
    public Status GetStatus() => getStatusFunc();

    /// <summary>The trailers of a call that is over; throws <see cref="InvalidOperationException"/> before.</summary>
    public Metadata GetTrailers() => getTrailersFunc();

    /// <summary>Cancels the call if it is not over.</summary>
    public void Dispose() => disposeAction();
}
