namespace DistZO.Devices;

/// <summary>The random streams of philox-v1: the fourth counter word.</summary>
public enum PhiloxStream : uint
{
    Gaussian = 0,
    Rademacher = 1,
    Rounding = 2,
    DirectionSeed = 3,
    DataOrder = 4,
    InitialValues = 5,
    TextSeed = 6,
    SampledToken = 7,
}

/// <summary>
/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11): a counter-based generator, the root of
/// every random number in DistZO. This scalar form is the specification; docs/formats/philox-v1.md publishes it.
/// </summary>
public static class Philox
{
    public const uint Multiplier0 = 0xD2511F53;
    public const uint Multiplier1 = 0xCD9E8D57;
    public const uint Weyl0 = 0x9E3779B9;
    public const uint Weyl1 = 0xBB67AE85;
    public const int Rounds = 10;

    /// <summary>One block of four words.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) Block(uint key0, uint key1, uint c0, uint c1, uint c2, uint c3)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var p0 = (ulong)Multiplier0 * c0;
            var p1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ key0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ key1, (uint)p0);
            key0 += Weyl0;
            key1 += Weyl1;
        }

        return (c0, c1, c2, c3);
    }

    /// <summary>The block of (seed, n, third word, stream) as philox-v1 lays its counter out.</summary>
    public static (uint W0, uint W1, uint W2, uint W3) Block(ulong seed, ulong n, uint third, PhiloxStream stream) =>
        Block((uint)seed, (uint)(seed >> 32), (uint)n, (uint)(n >> 32), third, (uint)stream);

    /// <summary>The 64-bit word <c>(w1 &lt;&lt; 32) | w0</c> that the streams of seeds and of the data order use.</summary>
    public static ulong Word64(ulong seed, ulong n, uint third, PhiloxStream stream)
    {
        var (w0, w1, _, _) = Block(seed, n, third, stream);
        return ((ulong)w1 << 32) | w0;
    }

    /// <summary>The seed of direction <paramref name="direction"/> of a step.</summary>
    public static ulong DirectionSeed(ulong runSeed, long step, int direction) =>
        Word64(runSeed, (ulong)step, (uint)direction, PhiloxStream.DirectionSeed);
}
