namespace DistZO.Devices;

/// <summary>
/// The host's cores fold updates into a block in host memory and pack it as it is transferred, piece by piece, while a piece is in the
/// cache.
/// </summary>
internal static unsafe class HostFolding
{
    /// <summary>Whole groups in every format, and what stays in the second-level cache.</summary>
    private const int Piece = 1 << 16;

    /// <summary>Folds the trained tensors of a block.</summary>
    /// <param name="kernels">Do it.</param>
    /// <param name="threads">How many at once.</param>
    /// <param name="stored">The block; its trained tensors are overwritten.</param>
    /// <param name="layout">Where they are.</param>
    /// <param name="updates">Those that it lacks.</param>
    public static void Fold(IWeightKernels kernels, int threads, HostBlock stored, BlockLayout layout, WeightUpdate[] updates)
    {
        var from = stored.Pointer;
        foreach (var (parameter, at) in layout.Entries)
        {
            var theta = from + at;
            if (parameter.Trainable) InPieces(threads, parameter, (start, count) => Fold(kernels, theta, parameter, start, count, updates));
        }
    }

    /// <summary>Folds and packs all tensors of a block.</summary>
    /// <param name="kernels">Do it.</param>
    /// <param name="threads">How many at once.</param>
    /// <param name="stored">The block; its trained tensors are overwritten.</param>
    /// <param name="updates">Those that it lacks.</param>
    /// <param name="staged">Is overwritten.</param>
    public static void Pack(IWeightKernels kernels, int threads, HostBlock stored, WeightUpdate[] updates, StagedBlock staged)
    {
        byte* from = stored.Pointer, to = staged.Stage.Pointer;
        foreach (var (parameter, at, packedAt) in staged.Layout.Entries)
        {
            byte* theta = from + at, packed = to + packedAt;
            InPieces(threads, parameter, (start, count) =>
            {
                if (parameter.Trainable && updates.Length > 0) Fold(kernels, theta, parameter, start, count, updates);
                if (parameter.Transfer is { } type) kernels.Pack(theta, parameter.Type, type, parameter.Length, start, count, packed);
                else Copy(theta, packed, start * parameter.Type.Size(), (long)count * parameter.Type.Size());
            });
        }
    }

    private static void InPieces(int threads, Parameter parameter, Action<long, int> work)
    {
        var pieces = (int)((parameter.Length + Piece - 1) / Piece);
        Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, piece =>
        {
            var start = (long)piece * Piece;
            work(start, (int)Math.Min(Piece, parameter.Length - start));
        });
    }

    private static void Fold(IWeightKernels kernels, byte* theta, Parameter parameter, long start, int count, WeightUpdate[] updates) =>
        kernels.Fold(theta, parameter.Type, (uint)parameter.Ordinal, parameter.Role.Decays(), start, count, updates);

    private static void Copy(byte* from, byte* to, long start, long bytes) => Buffer.MemoryCopy(from + start, to + start, bytes, bytes);
}
