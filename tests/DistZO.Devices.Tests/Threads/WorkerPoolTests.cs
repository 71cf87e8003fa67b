using DistZO.Devices.Cpu;

namespace DistZO.Devices.Tests.Threads;

public class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Pool_ManySmallRuns_DoesEveryTaskOnce(int threads)
    {
        using var pool = new WorkerPool(threads);
        Assert.Equal(threads, pool.Threads);
        var work = new Counting(37, threads);
        for (var run = 1; run <= 500; run++)
        {
            var tasks = run % 38;
            Array.Clear(work.Done);
            pool.Run(work, tasks);
            Assert.Equal(Enumerable.Range(0, 37).Select(task => task < tasks ? 1 : 0), work.Done);
        }
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 50)]
    [InlineData(3, 99)]
    public void Pool_TaskThatThrows_ThrowsAtTheCallerAndWorksOn(int threads, int bad)
    {
        using var pool = new WorkerPool(threads);
        for (var i = 0; i < 20; i++)
        {
            var error = Assert.Throws<InvalidDataException>(() => pool.Run(new Throwing(bad), 100));
            Assert.Equal($"task {bad}", error.Message);
        }

        var work = new Counting(100, threads);
        pool.Run(work, 100);
        Assert.All(work.Done, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Pool_AllTasksThrow_ThrowsOneOfThem()
    {
        using var pool = new WorkerPool(4);
        Assert.Throws<InvalidDataException>(() => pool.Run(new Throwing(null), 100));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Pool_DisposedWithoutWork_EndsItsThreads(int threads)
    {
        // Dispose joins the threads: that it returns is the proof.
        var pool = new WorkerPool(threads);
        pool.Dispose();
        Assert.Equal(threads, pool.Threads);
    }

    [Fact]
    public void Pool_WithoutThreads_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => new WorkerPool(0));

    private sealed class Counting(int tasks, int threads) : ParallelWork
    {
        public int[] Done { get; } = new int[tasks];

        public override void Execute(int task, int thread)
        {
            Interlocked.Increment(ref Done[task]);
            if ((uint)thread >= (uint)threads) throw new InvalidOperationException($"there is no thread {thread}");
        }
    }

    private sealed class Throwing(int? bad) : ParallelWork
    {
        public override void Execute(int task, int thread)
        {
            if (bad is null || task == bad) throw new InvalidDataException($"task {task}");
        }
    }
}
