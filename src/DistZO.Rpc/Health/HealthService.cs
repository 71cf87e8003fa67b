using System.Threading.Channels;
using Grpc.Core;
using Grpc.Health.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace DistZO.Rpc.Health;

/// <summary>
/// The service <c>grpc.health.v1.Health</c>: says what it was told. Register it as a singleton and map it; the service "" is the whole
/// server. For use from any thread.
/// </summary>
public sealed class HealthService : Grpc.Health.V1.Health.HealthBase
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = [];
    private readonly HashSet<Watcher> _watchers = [];
    private bool _shutDown;

    /// <summary>Sets the status of a service, and tells those who watch it. Ignored after <see cref="ShutDown"/>.</summary>
    public void SetStatus(string service, ServingStatus status)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            if (!_shutDown) Set(service, status);
        }
    }

    /// <summary>
    /// Sets all services to NOT_SERVING, tells it to those who watch, and then ends their calls: calls that don't end would hold up
    /// the server's stop.
    /// </summary>
    public void ShutDown()
    {
        lock (_lock)
        {
            _shutDown = true;
            foreach (string service in _statuses.Keys.ToList()) Set(service, ServingStatus.NotServing);
            foreach (var watcher in _watchers) watcher.Changes.Writer.Complete();
            _watchers.Clear();
        }
    }

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, $"There is no service \"{request.Service}\"."));
        }
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var watcher = Watch(request.Service);
        try
        {
            await foreach (var status in watcher.Changes.Reader.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
            throw new RpcException(new Status(StatusCode.Unavailable, "The server shuts down."));
        }
        finally
        {
            lock (_lock) _watchers.Remove(watcher);
        }
    }

    private Watcher Watch(string service)
    {
        // A watcher that is slow misses what is out of date, and costs no memory.
        var options = new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest };
        var watcher = new Watcher(service, Channel.CreateBounded<ServingStatus>(options));
        lock (_lock)
        {
            watcher.Changes.Writer.TryWrite(_statuses.GetValueOrDefault(service, ServingStatus.ServiceUnknown));
            if (_shutDown) watcher.Changes.Writer.Complete();
            else _watchers.Add(watcher);
        }
        return watcher;
    }

    private void Set(string service, ServingStatus status)
    {
        if (_statuses.TryGetValue(service, out var known) && known == status) return;
        _statuses[service] = status;
        foreach (var watcher in _watchers)
        {
            if (watcher.Service == service) watcher.Changes.Writer.TryWrite(status);
        }
    }

    /// <summary>A call of Watch; compared by reference.</summary>
    private sealed class Watcher(string service, Channel<ServingStatus> changes)
    {
        public string Service => service;

        public Channel<ServingStatus> Changes => changes;
    }
}
