using System.Collections.Concurrent;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// A point in a stream's work. Streams that read disks have a thread of their own, so an event is first recorded, at some time, and then
/// happens; whoever waits for it on a stream waits for the first on the host and for the second on the GPU.
/// </summary>
internal sealed class CudaEvent : DeviceEvent
{
    private readonly EventPool _pool;
    private readonly ManualResetEventSlim _recorded = new(false);
    private Exception? _failure;

    public CudaEvent(EventPool pool) => (_pool, Handle) = (pool, pool.Take());

    ~CudaEvent() => _pool.Return(Handle);

    public CUevent Handle { get; }

    public override bool IsDone
    {
        get
        {
            if (!_recorded.IsSet) return false;
            Throw();
            _pool.Context.Enter();
            var code = CudaDriver.cuEventQuery(Handle);
            if (code == CudaDriver.NotReady) return false;
            Check.Driver(code, "run what was queued");
            return true;
        }
    }

    /// <summary>Records it on a stream.</summary>
    public void Record(CUstream stream)
    {
        Check.Driver(CudaDriver.cuEventRecord(Handle, stream), "record an event");
        _recorded.Set();
    }

    /// <summary>It will never happen, for a reason.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        _recorded.Set();
    }

    /// <summary>What is queued on a stream from here on runs after it.</summary>
    public void HoldUp(CUstream stream)
    {
        _recorded.Wait();
        Throw();
        Check.Driver(CudaDriver.cuStreamWaitEvent(stream, Handle, 0), "wait for an event");
        GC.KeepAlive(this);
    }

    public override void Synchronize()
    {
        _recorded.Wait();
        Throw();
        _pool.Context.Enter();
        Check.Driver(CudaDriver.cuEventSynchronize(Handle), "run what was queued");
        GC.KeepAlive(this);
    }

    /// <summary>How long after another one it happened; both are of a pool that takes the time. Waits for it.</summary>
    public double SecondsAfter(CudaEvent other)
    {
        Synchronize();
        Check.Driver(CudaDriver.cuEventElapsedTime(out var milliseconds, other.Handle, Handle), "tell the time between events");
        GC.KeepAlive(other);
        return milliseconds * 1e-3;
    }

    private void Throw()
    {
        if (_failure is { } failure) throw new RunFailedException(failure.Message, failure);
    }
}

/// <summary>
/// Events of one GPU that are used again: a wait that was queued keeps its meaning when its event is recorded anew. Disposing ends all of them,
/// also those that somebody still holds.
/// </summary>
/// <param name="context">The GPU.</param>
/// <param name="takesTime">Whether they note when they happen, which makes them slower.</param>
internal sealed class EventPool(CudaContext context, bool takesTime = false) : IDisposable
{
    // Finalizers put into it, so it may have no per-thread parts.
    private readonly ConcurrentQueue<CUevent> _free = [];
    private readonly ConcurrentQueue<CUevent> _all = [];

    public CudaContext Context { get; } = context;

    public CUevent Take()
    {
        if (_free.TryDequeue(out var handle)) return handle;
        Context.Enter();
        Check.Driver(CudaDriver.cuEventCreate(out handle, takesTime ? 0 : CudaDriver.EventDisableTiming), "make an event");
        _all.Enqueue(handle);
        return handle;
    }

    /// <summary>From a finalizer, on any thread.</summary>
    public void Return(CUevent handle) => _free.Enqueue(handle);

    public void Dispose()
    {
        Context.Enter();
        while (_all.TryDequeue(out var handle)) _ = CudaDriver.cuEventDestroy_v2(handle);
    }
}
