using System.Runtime.InteropServices;

namespace DistZO.Cli.Benchmarks;

/// <summary>As many bytes as a model's weights, copied on several threads: one read and write at the memory's speed.</summary>
internal sealed unsafe class WeightsCopy : IDisposable
{
    private readonly byte* _source;
    private readonly byte* _target;
    private readonly long _bytes;
    private readonly int _threads;

    /// <param name="bytes">How many.</param>
    /// <param name="threads">That copy them.</param>
    public WeightsCopy(long bytes, int threads)
    {
        (_bytes, _threads) = (bytes, threads);
        _source = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
        _target = (byte*)NativeMemory.AllocZeroed((nuint)bytes);
        // Untouched pages are all the same one.
        for (long i = 0; i < bytes; i += 4096) _source[i] = 1;
    }

    /// <summary>Copies all of them.</summary>
    public void Copy() => Parallel.For(0, _threads, new ParallelOptions { MaxDegreeOfParallelism = _threads }, thread =>
    {
        var (begin, end) = (_bytes * thread / _threads, _bytes * (thread + 1) / _threads);
        Buffer.MemoryCopy(_source + begin, _target + begin, end - begin, end - begin);
    });

    public void Dispose()
    {
        NativeMemory.Free(_source);
        NativeMemory.Free(_target);
    }
}
