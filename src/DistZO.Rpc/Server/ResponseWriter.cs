using System.IO.Pipelines;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace DistZO.Rpc.Server;

/// <summary>Writes the responses of a call. Throws <see cref="OperationCanceledException"/> when the client is gone or the deadline has passed.</summary>
internal sealed class ResponseWriter<TResponse>(PipeWriter pipe, HttpServerCallContext context, Marshaller<TResponse> marshaller, int? mostBytes)
    : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private readonly MessageWriter<TResponse> _writer = new(marshaller, mostBytes);
    private int _writing;

    public WriteOptions? WriteOptions
    {
        get => context.WriteOptions;
        set => context.WriteOptions = value;
    }

    public bool IsTorn => _writer.IsTorn;

    public Task WriteAsync(TResponse message) => WriteAsync(message, context.DeadlineToken, flush: !IsBuffered);

    public Task WriteAsync(TResponse message, CancellationToken cancellationToken) =>
        WriteAsync(message, cancellationToken.CanBeCanceled ? cancellationToken : context.DeadlineToken, flush: !IsBuffered);

    public Task WriteAsync(TResponse message, bool flush) => WriteAsync(message, context.DeadlineToken, flush);

    private bool IsBuffered => WriteOptions is { } options && options.Flags.HasFlag(WriteFlags.BufferHint);

    private Task WriteAsync(TResponse message, CancellationToken cancellationToken, bool flush)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _writing, 1) != 0)
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        bool pending = false;
        try
        {
            context.ThrowIfOver();
            context.BeginBody();
            _writer.Write(message, pipe);
            if (!flush) return Task.CompletedTask;
            var flushed = pipe.FlushAsync(cancellationToken);
            pending = !flushed.IsCompletedSuccessfully;
            if (pending) return WaitAsync(flushed);
            return Check(flushed.Result);
        }
        finally
        {
            if (!pending) Volatile.Write(ref _writing, 0);
        }
    }

    private async Task WaitAsync(ValueTask<FlushResult> flushed)
    {
        try
        {
            await Check(await flushed.ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (IOException lost)
        {
            throw new OperationCanceledException("The client is gone.", lost, context.CancellationToken);
        }
        finally
        {
            Volatile.Write(ref _writing, 0);
        }
    }

    private Task Check(FlushResult result) => result.IsCompleted || result.IsCanceled
        ? Task.FromException(new OperationCanceledException("The client is gone.", context.CancellationToken))
        : Task.CompletedTask;
}
