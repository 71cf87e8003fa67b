using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// Which answers a scoring program is given twice: one in a hundred, a pure function of (seed, step, line of the data file), so that all
/// workers and every repetition choose the same ones.
/// </summary>
public static class RepeatedLines
{
    private const ulong OneIn = 100;

    /// <summary>Directions of a step number less than this, so that their words are others.</summary>
    private const uint Beside = 1u << 31;

    /// <summary>Whether the answers to a line are scored twice at a step.</summary>
    public static bool Contains(ulong seed, long step, int line) =>
        Math.BigMul(Philox.Word64(seed, (ulong)step, Beside | (uint)line, PhiloxStream.DirectionSeed), OneIn, out _) == 0;
}
