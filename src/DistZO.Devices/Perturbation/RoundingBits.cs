namespace DistZO.Devices;

/// <summary>The random bits of stochastic rounding: 16 an element, eight elements a block, the low half of w0 first.</summary>
public static class RoundingBits
{
    /// <summary>The 16 bits of element <paramref name="index"/>; <paramref name="seed"/> is that of the step's direction 0.</summary>
    public static uint At(ulong seed, uint ordinal, long index)
    {
        var (w0, w1, w2, w3) = Philox.Block(seed, (ulong)index >> 3, ordinal, PhiloxStream.Rounding);
        var word = ((int)(index >> 1) & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
        return (index & 1) == 0 ? word & 0xFFFF : word >> 16;
    }
}
