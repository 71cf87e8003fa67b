namespace DistZO.Devices.Tests;

public sealed class PageSumTests
{
    [Fact]
    public void Of_KnownPages_IsFrozen()
    {
        var pages = new byte[2 * PageSum.PageBytes];
        for (var i = 0; i < pages.Length; i++) pages[i] = (byte)(i * 7 + i / 256);

        Assert.Equal(0x7239C7525CB0EAF4UL, PageSum.Of(pages, 5));
        Assert.Equal(0UL, PageSum.Of([], 5));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1L << 40)]
    public void Of_RandomPages_IsTheFormulaOfTheFormat(long firstPage)
    {
        var pages = SampleBlocks.Bytes(3 * PageSum.PageBytes, (int)(firstPage % 97));

        ulong expected = 0;
        for (var i = 0; i < 3; i++) expected += Plain(pages.AsSpan(i * PageSum.PageBytes, PageSum.PageBytes), (ulong)(firstPage + i));

        Assert.Equal(expected, PageSum.Of(pages, firstPage));
    }

    [Fact]
    public void Of_PartsInAnyOrder_AddUpToTheWhole()
    {
        var pages = SampleBlocks.Bytes(5 * PageSum.PageBytes, 3);

        var parts = PageSum.Of(pages.AsSpan(2 * PageSum.PageBytes), 2) + PageSum.Of(pages.AsSpan(0, 2 * PageSum.PageBytes), 0);

        Assert.Equal(PageSum.Of(pages, 0), parts);
    }

    [Fact]
    public void Of_PagesExchanged_IsAnotherSum()
    {
        var pages = SampleBlocks.Bytes(2 * PageSum.PageBytes, 3);

        byte[] exchanged = [.. pages[PageSum.PageBytes..], .. pages[..PageSum.PageBytes]];

        Assert.NotEqual(PageSum.Of(pages, 0), PageSum.Of(exchanged, 0));
    }

    [Fact]
    public void Of_AnyByteChanged_IsAnotherSum()
    {
        var pages = SampleBlocks.Bytes(PageSum.PageBytes, 4);
        var sum = PageSum.Of(pages, 0);

        for (var i = 0; i < pages.Length; i++)
        {
            pages[i] ^= 1;
            Assert.NotEqual(sum, PageSum.Of(pages, 0));
            pages[i] ^= 1;
        }
    }

    private static ulong Plain(ReadOnlySpan<byte> page, ulong number)
    {
        var c = new ulong[4];
        for (var k = 0; k < 4; k++)
        {
            var words = new List<byte>();
            for (var at = 8 * k; at < page.Length; at += 32) words.AddRange(page.Slice(at, 8));
            c[k] = BitwiseCrc(words);
        }

        return Mix(Mix(Mix(number) ^ (c[0] + (c[1] << 32))) ^ (c[2] + (c[3] << 32)));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static uint BitwiseCrc(IEnumerable<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
        }

        return ~crc;
    }
}
