using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using DistZO.Rpc.Framing;

namespace Grpc.Net.Client;

/// <summary>The body of a call with a stream of requests: hands the connection's stream out, and stays until the last request.</summary>
internal sealed class StreamedRequestContent : HttpContent
{
    private readonly TaskCompletionSource<PipeWriter> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StreamedRequestContent() => Headers.ContentType = new MediaTypeHeaderValue(WireNames.ContentType);

    /// <summary>Where requests are written, once there is a connection. Fails if the call ends before.</summary>
    public Task<PipeWriter> Opened => _opened.Task;

    /// <summary>Ends the body: no more requests.</summary>
    public void Finish() => _finished.TrySetResult();

    /// <summary>The call is over: nobody waits any longer.</summary>
    public void Abandon()
    {
        _finished.TrySetCanceled();
        if (_opened.TrySetException(new IOException("The call is over."))) _ = _opened.Task.Exception; // observed, if nobody writes
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        try
        {
            // The headers go out now; else they would wait for the first request, and the server's first words with them.
            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            var pipe = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));
            // Requests that went out can't be had back for a second try.
            if (!_opened.TrySetResult(pipe)) throw new IOException("The requests can't be sent again.");
            using var broken = cancellationToken.UnsafeRegister(
                static finished => ((TaskCompletionSource)finished!).TrySetCanceled(), _finished);
            await _finished.Task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Not a byte leaves any more. But only a write tells that the server reset the stream, with its code; and what is thrown
            // here is what the caller of the handler gets to see.
            await stream.WriteAsync(new byte[1], cancellationToken).ConfigureAwait(false);
            throw;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
