using System.IO.Pipelines;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace DistZO.Rpc.Server;

/// <summary>
/// Reads the requests of a call. Throws <see cref="OperationCanceledException"/> when the client is gone or the deadline has passed.
/// </summary>
internal sealed class RequestReader<TRequest>(
    PipeReader pipe, HttpServerCallContext context, Marshaller<TRequest> marshaller, int? mostBytes) : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    private static readonly Task<bool> More = Task.FromResult(true);
    private static readonly Task<bool> NoMore = Task.FromResult(false);

    private readonly MessageReader<TRequest> _reader = new(pipe, marshaller, mostBytes);
    private TRequest? _current;

    public TRequest Current => _current ?? throw new InvalidOperationException("There is no request yet, or no more.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        context.ThrowIfOver();
        var read = _reader.ReadAsync(cancellationToken.CanBeCanceled ? cancellationToken : context.DeadlineToken);
        if (!read.IsCompletedSuccessfully) return MoveNextAsync(read);
        _current = read.Result;
        return _current is not null ? More : NoMore;
    }

    private async Task<bool> MoveNextAsync(ValueTask<TRequest?> read)
    {
        try
        {
            _current = await read.ConfigureAwait(false);
            return _current is not null;
        }
        catch (IOException lost)
        {
            throw new OperationCanceledException("The client is gone.", lost, context.CancellationToken);
        }
    }
}
