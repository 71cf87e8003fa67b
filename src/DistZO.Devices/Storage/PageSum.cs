using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>
/// A checksum of pages that come in any order and on any thread: the sum mod 2⁶⁴ of one number a page, made of the page's position and
/// of four CRC-32Cs, each over every fourth 8-byte word. Four at once, since the instruction takes three cycles to answer but one to start.
/// </summary>
public static class PageSum
{
    /// <summary>Bytes of a page.</summary>
    public const int PageBytes = BlockLayout.Alignment;

    private const int Words = PageBytes / sizeof(ulong);

    /// <summary>The sum over whole pages, the first of which is number <paramref name="firstPage"/>.</summary>
    public static ulong Of(ReadOnlySpan<byte> pages, long firstPage)
    {
        if (pages.Length % PageBytes != 0) throw new ArgumentOutOfRangeException(nameof(pages));
        ulong sum = 0;
        for (; !pages.IsEmpty; pages = pages[PageBytes..]) sum += OfPage(pages[..PageBytes], (ulong)firstPage++);
        return sum;
    }

    private static ulong OfPage(ReadOnlySpan<byte> page, ulong number)
    {
        ref var words = ref Unsafe.As<byte, ulong>(ref MemoryMarshal.GetReference(page));
        uint c0 = uint.MaxValue, c1 = uint.MaxValue, c2 = uint.MaxValue, c3 = uint.MaxValue;
        for (nuint i = 0; i < Words; i += 4)
        {
            c0 = BitOperations.Crc32C(c0, Word(ref words, i));
            c1 = BitOperations.Crc32C(c1, Word(ref words, i + 1));
            c2 = BitOperations.Crc32C(c2, Word(ref words, i + 2));
            c3 = BitOperations.Crc32C(c3, Word(ref words, i + 3));
        }

        return Mix(Mix(Mix(number) ^ Pair(c0, c1)) ^ Pair(c2, c3));
    }

    private static ulong Word(ref ulong words, nuint i) =>
        Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<ulong, byte>(ref Unsafe.Add(ref words, i)));

    private static ulong Pair(uint low, uint high) => ~((ulong)high << 32 | low);

    /// <summary>The finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).</summary>
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
