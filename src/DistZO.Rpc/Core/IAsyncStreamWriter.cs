namespace Grpc.Core;

/// <summary>A stream of messages that go out. One write at a time; a second one throws <see cref="InvalidOperationException"/>.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How later messages are written; null for the default.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message; done when HTTP/2's flow control has let it go.</summary>
    Task WriteAsync(T message);

    /// <summary>The same; cancelling it cancels the call.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken) => cancellationToken.CanBeCanceled
        ? throw new NotSupportedException("Cancellation of stream writes is not supported by this gRPC implementation.")
        : WriteAsync(message);
}
