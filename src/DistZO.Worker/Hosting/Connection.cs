using System.Threading.Channels;
using DistZO.Runs;
using Grpc.Core;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Worker;

/// <summary>One connection to the coordinator, while it lasts. Sending never blocks or throws: what cannot be delivered is dropped.</summary>
internal sealed class Connection : IDisposable
{
    private readonly AsyncDuplexStreamingCall<Wire.WorkRequest, Wire.WorkResponse> _call;
    private readonly Channel<Wire.WorkRequest> _queue = Channel.CreateUnbounded<Wire.WorkRequest>(new UnboundedChannelOptions { SingleReader = true });

    public Connection(Wire.CoordinatorService.CoordinatorServiceClient client, Metadata headers, CancellationToken cancellation) =>
        _call = client.Work(headers, cancellationToken: cancellation);

    /// <summary>Queues a message.</summary>
    public void Send(WorkerMessage message) => _queue.Writer.TryWrite(CoordinatorWire.Write(message));

    /// <summary>No more is sent; the coordinator then ends the call.</summary>
    public void Complete() => _queue.Writer.TryComplete();

    /// <summary>Sends and receives until the call ends. Messages go to <paramref name="received"/>.</summary>
    /// <exception cref="RpcException">It ended with a status that is not OK.</exception>
    public async Task Run(Action<CoordinatorMessage> received)
    {
        var writing = Write();
        try
        {
            while (await _call.ResponseStream.MoveNext(CancellationToken.None).ConfigureAwait(false))
                received(CoordinatorWire.Read(_call.ResponseStream.Current));
        }
        finally
        {
            _queue.Writer.TryComplete();
            await writing.ConfigureAwait(false);
        }
    }

    public void Dispose() => _call.Dispose();

    private async Task Write()
    {
        try
        {
            await foreach (var message in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
                await _call.RequestStream.WriteAsync(message).ConfigureAwait(false);
            await _call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // The call has ended; reading says why.
        }
    }
}
