using DistZO.Devices;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A block on the disk: what reading and writing a version take, in calls of the size that streams make. The limit is what plain direct
/// reads and writes of the same size reach on the same file at the same moments, one after the other.
/// </summary>
internal static class DiskBenchmark
{
    private const int Calls = 16;
    private const long Bytes = (long)Calls * StoredBlock.BytesPerCall;
    private const int Repeats = 7;

    public static BenchmarkResult Run(BenchmarkOptions options)
    {
        using var folder = new ScratchFolder(options.Directory);
        return Measure(folder.Root);
    }

    private static BenchmarkResult Measure(string path)
    {
        var notices = new List<string>();
        var weights = new Parameter("weights", [Bytes / sizeof(float)], TensorRole.Matrix, 0, trainable: true, WeightType.Float32);
        var layout = new BlockLayout("block", [weights]);
        using var directory = BlockDirectory.Open(path, [layout], new BlockDirectoryOptions(new byte[32], _ => true, notices.Add));
        using var plain = DirectFile.Open(Directory.GetFiles(path, "*.distzo-block")[0], notices.Count == 0);
        using var buffer = new AlignedBuffer(StoredBlock.BytesPerCall);
        new Random(1).NextBytes(buffer.Span);
        var block = directory.Blocks[0];
        var step = 0;
        ulong sum = 0;

        void Write()
        {
            for (var call = 0; call < Calls; call++) block.Write((long)call * buffer.Span.Length, buffer.Span);
            block.Commit(new StoredVersion(++step, 0));
        }

        // Both slots are on the disk before anything is measured: the first write of a page costs the file system more.
        Write();
        Write();
        var timings = Timing.Of(
        [
            () => { for (var call = 0; call < Calls; call++) block.Read((long)call * buffer.Span.Length, buffer.Span); },
            () => { for (var call = 0; call < Calls; call++) plain.Read((long)call * buffer.Span.Length, buffer.Span); },
            Write,
            () =>
            {
                for (var call = 0; call < Calls; call++) plain.Write((long)call * buffer.Span.Length, buffer.Span);
                plain.Flush();
            },
            () => { for (var call = 0; call < Calls; call++) sum += PageSum.Of(buffer.Span, call); },
        ], repeats: Repeats);
        var rates = timings.Select(timing => Bytes / timing.Seconds / 1e9).ToArray();
        return new BenchmarkResult("disk")
            .With("block_bytes", Bytes)
            .With("direct", notices.Count == 0 ? "yes" : "no")
            .With("read_gb_per_second", rates[0], 3)
            .With("plain_read_gb_per_second", rates[1], 3)
            .With("write_gb_per_second", rates[2], 3)
            .With("plain_write_gb_per_second", rates[3], 3)
            .With("checksum_gb_per_second", rates[4], 2)
            .With("allocated_bytes", timings[0].AllocatedBytes, 0)
            .Say($"reads {rates[0]:0.00} GB/s; plain direct reads of {StoredBlock.BytesPerCall >> 20} MiB reach {rates[1]:0.00} GB/s")
            .Say($"writes and commits {rates[2]:0.00} GB/s; plain direct writes reach {rates[3]:0.00} GB/s")
            .Say($"checksums {rates[4]:0.0} GB/s on one core{(notices.Count == 0 ? "" : "; without direct I/O")}");
    }
}
