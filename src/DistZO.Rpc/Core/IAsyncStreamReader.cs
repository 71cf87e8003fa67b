namespace Grpc.Core;

/// <summary>A stream of messages that come in. One reader at a time.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last <see cref="MoveNext"/> read.</summary>
    T Current { get; }

    /// <summary>Reads the next message; false at the end of the stream. Cancelling it cancels the call.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
