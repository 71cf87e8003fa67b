using System.IO.Pipelines;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace DistZO.Rpc.Server;

/// <summary>
/// Writes the responses of a call. Throws <see cref="OperationCanceledException"/> when the client is gone or the deadline has passed.
/// </summary>
internal sealed class ResponseWriter<TResponse>(
    PipeWriter pipe, HttpServerCallContext context, Marshaller<TResponse> marshaller, int? mostBytes) : IServerStreamWriter<TResponse>
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

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (Interlocked.Exchange(ref _writing, 1) != 0)
            throw new InvalidOperationException("Can't write the message because the previous write is in progress.");
        bool waits = false;
        try
        {
            Write(message);
            if (WriteOptions is { } options && options.Flags.HasFlag(WriteFlags.BufferHint)) return Task.CompletedTask;
            var flushed = pipe.FlushAsync(cancellationToken.CanBeCanceled ? cancellationToken : context.DeadlineToken);
            waits = !flushed.IsCompletedSuccessfully;
            return waits ? WaitAsync(flushed) : Check(flushed.Result);
        }
        finally
        {
            if (!waits) Volatile.Write(ref _writing, 0);
        }
    }

    /// <summary>Writes a response that leaves with the next one, or with the status.</summary>
    public void Write(TResponse message)
    {
        context.ThrowIfOver();
        context.BeginBody();
        _writer.Write(message, pipe);
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
