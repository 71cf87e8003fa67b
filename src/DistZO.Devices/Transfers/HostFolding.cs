namespace DistZO.Devices;

/// <summary>
/// The host's cores fold updates into a block in host memory and pack it as it is transferred, piece by piece, while a piece is in the
/// cache.
/// </summary>
internal static unsafe class HostFolding
{
    /// <summary>Whole groups in every format, and what stays in the second-level cache.</summary>
    private const int Piece = 1 << 16;

    /// <summary>Folds and packs all tensors of a block.</summary>
    /// <param name="kernels">Do it.</param>
    /// <param name="threads">How many at once.</param>
    /// <param name="stored">The block; its trained tensors are overwritten.</param>
    /// <param name="updates">Those that it lacks.</param>
    /// <param name="staged">Is overwritten.</param>
    public static void Run(IWeightKernels kernels, int threads, HostBlock stored, WeightUpdate[] updates, StagedBlock staged)
    {
        byte* from = stored.Pointer, to = staged.Stage.Pointer;
        foreach (var (parameter, at, packedAt) in staged.Layout.Entries)
        {
            byte* theta = from + at, packed = to + packedAt;
            var pieces = (int)((parameter.Length + Piece - 1) / Piece);
            Parallel.For(0, pieces, new ParallelOptions { MaxDegreeOfParallelism = threads }, piece =>
            {
                var start = (long)piece * Piece;
                var count = (int)Math.Min(Piece, parameter.Length - start);
                if (parameter.Trainable && updates.Length > 0)
                    kernels.Fold(theta, parameter.Type, (uint)parameter.Ordinal, parameter.Role.Decays(), start, count, updates);
                if (parameter.Transfer is { } type) kernels.Pack(theta, parameter.Type, type, parameter.Length, start, count, packed);
                else Copy(theta, packed, start * parameter.Type.Size(), (long)count * parameter.Type.Size());
            });
        }
    }

    private static void Copy(byte* from, byte* to, long start, long bytes) => Buffer.MemoryCopy(from + start, to + start, bytes, bytes);
}
