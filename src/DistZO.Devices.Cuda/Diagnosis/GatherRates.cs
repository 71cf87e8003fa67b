using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>How fast GPUs bring the slices of a block together on all of them, all at once: bytes a second that come to each.</summary>
/// <param name="Copies">When each copies out of the memory of the others.</param>
/// <param name="Nccl">When NCCL gathers; null without it.</param>
public readonly record struct GatherRates(double Copies, double? Nccl)
{
    // NCCL takes memory and some of a GPU's processors, copies do not: it has to be clearly faster.
    private const double Clearly = 1.05;

    // A page more than divides well: slices of layers differ by a page, too.
    private const int Page = 4096;
    private const int Pages = (64 << 20) / Page + 1;
    private const int Bytes = Pages * Page;

    /// <summary>Whether slots gather by NCCL.</summary>
    public bool PrefersNccl => Nccl > Clearly * Copies;

    /// <summary>Measures with all GPUs of the machine; null with fewer than two.</summary>
    public static GatherRates? Measure(int count)
    {
        if (count < 2) return null;
        var contexts = new List<CudaContext>();
        try
        {
            for (var i = 0; i < count; i++) contexts.Add(CudaContext.Open(i));
            using var collective = NativeLibraries.Locate(NativeLibraries.Collectives) is null ? null : NcclCollective.Open([.. contexts]);
            return Measure([.. Enumerable.Range(0, count)], collective);
        }
        finally
        {
            foreach (var context in contexts) context.Dispose();
        }
    }

    /// <summary>Measures.</summary>
    /// <param name="ordinals">At least two GPUs.</param>
    /// <param name="collective">Of them, in this order; null without NCCL.</param>
    internal static GatherRates Measure(int[] ordinals, NcclCollective? collective)
    {
        var ends = new List<CopyEnd>();
        try
        {
            foreach (var ordinal in ordinals) ends.Add(new CopyEnd(ordinal, Bytes));
            var bounds = Enumerable.Range(0, ends.Count + 1).Select(i => (long)Pages * i / ends.Count * Page).ToArray();
            var received = Bytes - ((double)Bytes / ends.Count);
            var copies = received / CopyEnd.Seconds(() => Copy(ends, bounds), [.. ends]);
            double? nccl = collective is null ? null : received / CopyEnd.Seconds(() => collective.GatherAll([.. ends.Select(end => (end.Stream, end.Pointer))], bounds), [.. ends]);
            return new GatherRates(copies, nccl);
        }
        finally
        {
            foreach (var end in ends) end.Dispose();
        }
    }

    private static void Copy(List<CopyEnd> ends, long[] bounds)
    {
        for (var to = 0; to < ends.Count; to++)
        {
            ends[to].Context.Enter();
            for (var i = 1; i < ends.Count; i++)
            {
                // Beginning with the next, as slots do.
                var from = (to + i) % ends.Count;
                var bytes = (nuint)(bounds[from + 1] - bounds[from]);
                var (source, destination) = (ends[from].Pointer + bounds[from], ends[to].Pointer + bounds[from]);
                Check.Driver(CudaDriver.cuMemcpyPeerAsync(destination, ends[to].Context.Handle, source, ends[from].Context.Handle, bytes, ends[to].Stream), "copy from another GPU");
            }
        }
    }
}
