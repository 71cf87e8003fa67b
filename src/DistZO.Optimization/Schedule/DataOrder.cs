using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// Which rows make the batch of a step: a pure function of (seed, rows, batch size, step). Slot i of the batch of step t is position
/// p = t·B + i of an endless sequence of epochs, each a permutation of all rows of its own. A batch may straddle epochs and hold a row
/// twice. Keeps the permutations of two epochs (4 bytes a row each). Not thread-safe.
/// </summary>
public sealed class DataOrder
{
    private readonly ulong _seed;
    private readonly int _rows;
    private readonly int _batch;

    // Even epochs in one, odd ones in the other: a batch that straddles two epochs, and its successors, find both.
    private readonly int[]?[] _permutations = new int[]?[2];
    private readonly long[] _epochs = [-1, -1];

    /// <param name="seed">The seed of the run.</param>
    /// <param name="rows">R, the number of rows; at least 1.</param>
    /// <param name="batch">B, the slots of one batch; at least 1.</param>
    public DataOrder(ulong seed, int rows, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        _seed = seed;
        _rows = rows;
        _batch = batch;
    }

    /// <summary>The order of the rows in one epoch, π of philox-v1.</summary>
    public static int[] Permutation(ulong seed, int rows, uint epoch)
    {
        var permutation = new int[rows];
        Shuffle(permutation, seed, epoch);
        return permutation;
    }

    /// <summary>The rows of the batch of <paramref name="step"/>, slot by slot.</summary>
    public int[] Rows(long step)
    {
        var rows = new int[_batch];
        Rows(step, rows);
        return rows;
    }

    /// <summary>As <see cref="Rows(long)"/>, into the caller's memory of exactly B slots; allocates only at a new epoch.</summary>
    public void Rows(long step, Span<int> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        if (rows.Length != _batch) throw new ArgumentException($"needs {_batch} slots, not {rows.Length}", nameof(rows));
        var (epoch, at) = Math.DivRem(checked(step * _batch), _rows);
        while (rows.Length > 0)
        {
            var take = (int)Math.Min(rows.Length, _rows - at);
            Permutation(epoch).AsSpan((int)at, take).CopyTo(rows);
            rows = rows[take..];
            epoch++;
            at = 0;
        }
    }

    private int[] Permutation(long epoch)
    {
        var slot = (int)(epoch & 1);
        var permutation = _permutations[slot] ??= new int[_rows];
        if (_epochs[slot] != epoch)
        {
            Shuffle(permutation, _seed, (uint)epoch);
            _epochs[slot] = epoch;
        }

        return permutation;
    }

    /// <summary>Fisher–Yates from the last row down; the high half of a 64 × 64 bit product picks the partner.</summary>
    private static void Shuffle(int[] permutation, ulong seed, uint epoch)
    {
        for (var i = 0; i < permutation.Length; i++) permutation[i] = i;
        for (var i = permutation.Length - 1; i > 0; i--)
        {
            var word = Philox.Word64(seed, (ulong)i, epoch, PhiloxStream.DataOrder);
            var j = (int)Math.BigMul(word, (ulong)i + 1, out _);
            (permutation[i], permutation[j]) = (permutation[j], permutation[i]);
        }
    }
}
