using Grpc.Core;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Coordinator;

/// <summary>The gRPC service that workers call. Decodes, queues, replies; what messages mean is the engine's.</summary>
internal sealed class WorkerSessions(CoordinatorLoop loop) : Wire.CoordinatorService.CoordinatorServiceBase
{
    /// <summary>What was sent before the end is given so long to go out.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(10);

    public override async Task Work(
        IAsyncStreamReader<Wire.WorkRequest> requestStream, IServerStreamWriter<Wire.WorkResponse> responseStream, ServerCallContext context)
    {
        using var link = new GrpcWorkerLink();
        var session = await loop.Connect(link).ConfigureAwait(false);
        var writing = link.WriteAll(responseStream);
        var reason = "the worker ended it";
        try
        {
            using var reading = CancellationTokenSource.CreateLinkedTokenSource(link.Ending, context.CancellationToken);
            while (await requestStream.MoveNext(reading.Token).ConfigureAwait(false))
            {
                var request = requestStream.Current;
                link.Received(request.CalculateSize());
                loop.Receive(session, WorkerWire.Read(request));
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
            link.Abandon();
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
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The worker is gone; there is nobody to tell.
        }

        if (link.Status() is { StatusCode: not StatusCode.OK } status) throw new RpcException(status);
    }
}
