using Grpc.Core;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Coordinator;

/// <summary>The gRPC service that workers call. Decodes, queues, replies; what messages mean is the engine's.</summary>
internal sealed class WorkerSessions(CoordinatorLoop loop) : Wire.CoordinatorService.CoordinatorServiceBase
{
    /// <summary>A worker that says more than this at a time waits until the engine has heard it, or memory would fill with it.</summary>
    private const int MostUnheard = 1 << 20;

    /// <summary>What a message takes beside its bytes.</summary>
    private const int MessageOverhead = 1 << 10;

    /// <summary>What was sent before the end is given so long to go out.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(10);

    public override async Task Work(
        IAsyncStreamReader<Wire.WorkRequest> requestStream, IServerStreamWriter<Wire.WorkResponse> responseStream, ServerCallContext context)
    {
        using var link = new GrpcWorkerLink();
        var session = await loop.Connect(link).ConfigureAwait(false);
        var writing = link.WriteAll(responseStream);
        var reason = "the worker ended it";
        var unheard = 0;
        try
        {
            using var reading = CancellationTokenSource.CreateLinkedTokenSource(link.Ending, context.CancellationToken);
            while (await requestStream.MoveNext(reading.Token).ConfigureAwait(false))
            {
                var request = requestStream.Current;
                var bytes = request.CalculateSize();
                link.Received(bytes);
                loop.Receive(session, WorkerWire.Read(request));
                unheard += bytes + MessageOverhead;
                if (unheard <= MostUnheard) continue;
                await loop.CatchUp().ConfigureAwait(false);
                unheard = 0;
            }
        }
        catch (FormatException e)
        {
            reason = $"it sent {e.Message}";
            link.Close(LinkEnd.Refused, reason);
        }
        catch (RpcException e)
        {
            reason = $"it sent what cannot be read: {e.Status.Detail.TrimEnd('.')}";
            link.Close(LinkEnd.Refused, reason);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            reason = context.CancellationToken.IsCancellationRequested ? "the connection broke" : "the coordinator ended it";
        }
        finally
        {
            link.Abandon(LastWords);
            loop.Disconnected(session, reason);
        }

        try
        {
            await writing.WaitAsync(LastWords).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It holds its connection open, and reads nothing from it.
            context.GetHttpContext().Abort();
            return;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or RpcException)
        {
            // The worker is gone; there is nobody to tell.
        }

        if (link.Status() is { StatusCode: not StatusCode.OK } status) throw new RpcException(status);
    }
}
