using System.IO.Pipelines;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Writes the requests of a call.</summary>
internal sealed class RequestStream<TRequest>(
    ClientCall call, StreamedRequestContent content, Marshaller<TRequest> marshaller, int? mostBytes) : IClientStreamWriter<TRequest>
    where TRequest : class
{
    private readonly MessageWriter<TRequest> _writer = new(marshaller, mostBytes);
    private int _writing;
    private bool _completed;

    public WriteOptions? WriteOptions { get; set; }

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        Begin();
        try
        {
            if (_completed) throw new InvalidOperationException("The request stream is complete.");
            using var cancelled = call.CancelledBy(cancellationToken);
            call.ThrowIfOver();
            var pipe = await content.Opened.ConfigureAwait(false);
            _writer.Write(message, pipe);
            if (WriteOptions is { } options && options.Flags.HasFlag(WriteFlags.BufferHint)) return;
            await Flush(pipe).ConfigureAwait(false);
        }
        catch (RpcException problem)
        {
            if (_writer.IsTorn) call.End(problem.Status);
            throw;
        }
        catch (Exception problem) when (IsLoss(problem))
        {
            throw Failure(problem);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    public async Task CompleteAsync()
    {
        Begin();
        try
        {
            if (_completed) return;
            _completed = true;
            if (content.Opened is { IsCompletedSuccessfully: true, Result: { UnflushedBytes: > 0 } pipe })
                await Flush(pipe).ConfigureAwait(false);
            content.Finish();
        }
        catch (Exception problem) when (IsLoss(problem))
        {
            throw Failure(problem);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    private async ValueTask Flush(PipeWriter pipe)
    {
        try
        {
            // HttpClient may go on waiting for room in a stream that ended meanwhile: the call's end is waited for beside it.
            var flushed = pipe.FlushAsync(call.Over);
            if (flushed.IsCompleted) await flushed.ConfigureAwait(false);
            else await flushed.AsTask().WaitAsync(call.Over).ConfigureAwait(false);
        }
        catch (InvalidOperationException problem)
        {
            // So HttpClient calls a write on a stream whose request it has given up meanwhile.
            throw new IOException("The stream has ended.", problem);
        }
    }

    private static bool IsLoss(Exception problem) =>
        problem is IOException or OperationCanceledException or HttpRequestException or ObjectDisposedException;

    private void Begin()
    {
        if (Interlocked.Exchange(ref _writing, 1) != 0)
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
    }

    /// <summary>
    /// The call's own status if it has one. It goes on otherwise: why the server takes no more is in its response, to be read.
    /// </summary>
    private RpcException Failure(Exception problem) => call.IsOver ? call.Failure() : new RpcException(ClientStatus.Of(problem));
}
