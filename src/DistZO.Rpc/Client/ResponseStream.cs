using System.IO.Pipelines;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Reads the responses of a call, and its status at their end.</summary>
internal sealed class ResponseStream<TResponse>(ClientCall call, Task<PipeReader?> opened, Marshaller<TResponse> marshaller)
    : IAsyncStreamReader<TResponse>
    where TResponse : class
{
    private static readonly Task<bool> More = Task.FromResult(true);

    private MessageReader<TResponse>? _reader;
    private TResponse? _current;

    public TResponse Current => _current ?? throw new InvalidOperationException("There is no response yet, or no more.");

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (_reader is null || cancellationToken.CanBeCanceled) return MoveNextAsync(cancellationToken);
        var read = _reader.ReadAsync(CancellationToken.None);
        if (!read.IsCompletedSuccessfully) return MoveNextAsync(read);
        _current = read.Result;
        return _current is not null ? More : MoveNextAsync(ValueTask.FromResult(_current));
    }

    /// <summary>The only response. Fails with INTERNAL if a call that ended well had none, or more.</summary>
    public async Task<TResponse> ReadSingleAsync()
    {
        TResponse? single = await MoveNext(CancellationToken.None).ConfigureAwait(false) ? _current : null;
        if (single is null) throw new RpcException(new Status(StatusCode.Internal, "The server sent no response."));
        if (!await MoveNext(CancellationToken.None).ConfigureAwait(false)) return single;
        call.End(new Status(StatusCode.Internal, "The server sent more than one response."));
        throw call.Failure();
    }

    private async Task<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        using var cancelled = call.CancelledBy(cancellationToken);
        var pipe = await opened.ConfigureAwait(false);
        if (pipe is null) return End();
        _reader ??= new MessageReader<TResponse>(pipe, marshaller, call.MaxReceiveMessageSize);
        return await MoveNextAsync(_reader.ReadAsync(CancellationToken.None)).ConfigureAwait(false);
    }

    private async Task<bool> MoveNextAsync(ValueTask<TResponse?> read)
    {
        try
        {
            _current = await read.ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            _current = null;
            call.End(ClientStatus.Of(problem));
            throw call.Failure();
        }
        return _current is not null || End();
    }

    /// <summary>False for a call that ended well; throws for another.</summary>
    private bool End()
    {
        call.EndByTrailers();
        return call.GetStatus().StatusCode == StatusCode.OK ? false : throw call.Failure();
    }
}
