using System.Threading.Channels;
using DistZO.Runs;
using Grpc.Core;
using Wire = DistZO.Rpc.V1;

namespace DistZO.Coordinator;

/// <summary>The way to a worker over a gRPC stream. What is sent is queued; a writer of its own takes it from there.</summary>
internal sealed class GrpcWorkerLink : IWorkerLink, IDisposable
{
    /// <summary>A worker that reads nothing while so many messages pile up is as good as gone.</summary>
    private const int LongestQueue = 4096;

    private readonly Channel<Wire.WorkResponse> _queue = Channel.CreateBounded<Wire.WorkResponse>(
        new BoundedChannelOptions(LongestQueue) { SingleReader = true, SingleWriter = false, AllowSynchronousContinuations = true });

    private readonly CancellationTokenSource _ending = new();
    private readonly CancellationTokenSource _overdue = new();
    private (LinkEnd End, string Message)? _close;
    private long _up;
    private long _down;

    public long BytesUp => Interlocked.Read(ref _up);

    public long BytesDown => Interlocked.Read(ref _down);

    /// <summary>Fires when the coordinator ends the session: nothing more is read then.</summary>
    public CancellationToken Ending => _ending.Token;

    public void Send(CoordinatorMessage message)
    {
        var written = WorkerWire.Write(message);
        Interlocked.Add(ref _down, written.CalculateSize());
        if (!_queue.Writer.TryWrite(written)) Close(LinkEnd.Unavailable, "the worker reads too slowly");
    }

    public void Close(LinkEnd end, string message)
    {
        _close ??= (end, message);
        if (!_queue.Writer.TryComplete()) return;
        // Not on the engine's thread: whoever waits for the end may want the engine.
        _ = Task.Run(_ending.Cancel);
    }

    /// <summary>A message came in.</summary>
    public void Received(int bytes) => Interlocked.Add(ref _up, bytes);

    /// <summary>Writes what is queued, until the session is closed from either side.</summary>
    public async Task WriteAll(IServerStreamWriter<Wire.WorkResponse> stream)
    {
        await foreach (var message in _queue.Reader.ReadAllAsync().ConfigureAwait(false))
            await stream.WriteAsync(message, _overdue.Token).ConfigureAwait(false);
    }

    /// <summary>The session has ended: nothing more can be sent, and what is queued has so long to go out; the worker may never read it.</summary>
    public void Abandon(TimeSpan patience)
    {
        _queue.Writer.TryComplete();
        _overdue.CancelAfter(patience);
    }

    /// <summary>How the coordinator ended the session, as gRPC says it; OK if it did not.</summary>
    public Status Status() => _close switch
    {
        null or { End: LinkEnd.Done } => Grpc.Core.Status.DefaultSuccess,
        { End: LinkEnd.Refused } refused => new Status(StatusCode.FailedPrecondition, refused.Message),
        { End: LinkEnd.Replaced } replaced => new Status(StatusCode.Aborted, replaced.Message),
        { } other => new Status(StatusCode.Unavailable, other.Message),
    };

    public void Dispose()
    {
        _ending.Dispose();
        _overdue.Dispose();
    }
}
