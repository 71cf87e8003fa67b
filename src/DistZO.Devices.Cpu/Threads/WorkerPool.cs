using System.Runtime.ExceptionServices;

namespace DistZO.Devices.Cpu;

/// <summary>
/// A fixed set of threads that drain the tasks of one <see cref="ParallelWork"/> at a time. The caller is one of them, so the pool
/// never runs more threads than it was given. Idle threads spin briefly (kernels follow each other within microseconds) and then sleep.
/// </summary>
internal sealed class WorkerPool : IDisposable
{
    private const int SpinsBeforeSleep = 2000;
    private readonly Thread[] _threads;

    // A monitor and not a semaphore: a count left for a thread that has not begun to wait could be taken by another one.
    private readonly object _gate = new();
    private ParallelWork? _work;
    private ExceptionDispatchInfo? _failure;
    private int _tasks;
    private int _next;
    private int _busy;
    private int _generation;
    private int _sleeping;
    private volatile bool _stopping;

    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _threads = new Thread[threads - 1];
        for (var i = 0; i < _threads.Length; i++)
        {
            var index = i + 1;
            _threads[i] = new Thread(() => Loop(index)) { IsBackground = true, Name = $"distzo-cpu-{index}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads that work, the caller included.</summary>
    public int Threads => _threads.Length + 1;

    /// <summary>Runs all tasks and returns when the last one is done. The first exception of a task is thrown here.</summary>
    public void Run(ParallelWork work, int tasks)
    {
        if (tasks <= 1 || _threads.Length == 0)
        {
            for (var i = 0; i < tasks; i++) work.Execute(i, 0);
            return;
        }

        _work = work;
        _tasks = tasks;
        _next = 0;
        Volatile.Write(ref _busy, _threads.Length);
        WakeAll();
        Drain(0);
        var spin = new SpinWait();
        while (Volatile.Read(ref _busy) > 0) spin.SpinOnce(sleep1Threshold: -1);
        _work = null;
        if (_failure is { } failure)
        {
            _failure = null;
            failure.Throw();
        }
    }

    public void Dispose()
    {
        _stopping = true;
        WakeAll();
        foreach (var thread in _threads) thread.Join();
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            Volatile.Write(ref _generation, _generation + 1);
            if (_sleeping > 0) Monitor.PulseAll(_gate);
        }
    }

    private void Drain(int thread)
    {
        try
        {
            int task;
            while ((task = Interlocked.Increment(ref _next) - 1) < _tasks) _work!.Execute(task, thread);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
            Volatile.Write(ref _next, _tasks);
        }
    }

    private void Loop(int thread)
    {
        var seen = 0;
        while (true)
        {
            AwaitChange(ref seen);
            if (_stopping) return;
            Drain(thread);
            Interlocked.Decrement(ref _busy);
        }
    }

    private void AwaitChange(ref int seen)
    {
        for (var i = 0; i < SpinsBeforeSleep && Volatile.Read(ref _generation) == seen; i++) Thread.SpinWait(8);
        if (Volatile.Read(ref _generation) == seen) Sleep(seen);
        seen++;
    }

    private void Sleep(int seen)
    {
        lock (_gate)
        {
            while (_generation == seen)
            {
                _sleeping++;
                Monitor.Wait(_gate);
                _sleeping--;
            }
        }
    }
}
