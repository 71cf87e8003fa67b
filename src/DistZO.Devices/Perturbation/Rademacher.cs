namespace DistZO.Devices;

/// <summary>The Rademacher z of philox-v1: +1 or −1, one bit an element.</summary>
public static class Rademacher
{
    /// <summary>Element <paramref name="index"/> of z: bit (index mod 128) of its block, low bit of w0 first; 1 means −1.</summary>
    public static float At(ulong seed, uint ordinal, long index)
    {
        var (w0, w1, w2, w3) = Philox.Block(seed, (ulong)index >> 7, ordinal, PhiloxStream.Rademacher);
        var word = ((int)(index >> 5) & 3) switch { 0 => w0, 1 => w1, 2 => w2, _ => w3 };
        return (word >> (int)(index & 31) & 1) == 0 ? 1f : -1f;
    }
}
