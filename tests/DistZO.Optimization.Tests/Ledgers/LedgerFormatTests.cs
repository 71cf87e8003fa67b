using System.Text;
using DistZO.Devices;

namespace DistZO.Optimization.Tests;

/// <summary>Freezes the file format: these bytes were made by a few lines of Python from docs/formats/ledger.md alone.</summary>
public class LedgerFormatTests
{
    private const string Golden = """
        444953545a4f4c0a01000000440200007b226964656e74697479223a7b2261726974686d65746963223a226370752d7631222c2262617365223a2261
        616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161
        616161222c226578616d706c6573223a7b22646967657374223a22626262626262626262626262626262626262626262626262626262626262626262
        62626262626262626262626262626262626262626262626262626262626262222c22726f7773223a337d2c226c61796f7574223a5b7b226e616d6522
        3a2277222c22726f6c65223a226d6174726978222c227368617065223a5b322c335d7d2c7b226e616d65223a2262222c22726f6c65223a2262696173
        222c227368617065223a5b325d7d5d2c22706572747572626174696f6e223a227068696c6f782d7631222c22726563697065223a7b2262617463685f
        73697a65223a342c2263686f69636573223a5b5b2230222c22207363686c65636874225d2c5b2231222c2220736368c3b66e225d5d2c226c6561726e
        696e675f72617465223a31652d30362c2273656564223a31383434363734343037333730393535313631352c227a6f5f657073223a302e3030317d7d
        2c226964656e746974795f646967657374223a2263333434303332303865326139663661356261636164366230613666336131653463666335326135
        623861366132363133666462353264373366663037343532222c226f7065726174696f6e616c223a7b226d61785f7374657073223a377d7dafb18496
        58000000fbc6e1fc000000000000000000000100100000000000003f02000000efcdab8967452301000000000500000000000000fdffffff0000803e
        ffffffffffffffff0100000000000000020000000000000000000080ed837e959b5bf31b4a05ce7b200000004c5f429f010000000000000001000100
        000000000000803f00000000e53e3089509229b17161249f3c00000064bc40fb020000000000000000000100010000000000803f0100000007000000
        00000000ffffffffffffffff0100000000000000c2160100c395dc3e43fe9d421a210bc4
        """;

    private static byte[] Bytes => Convert.FromHexString(string.Concat(Golden.Split('\n', StringSplitOptions.TrimEntries)));

    [Fact]
    public void Golden_IsRead()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["golden.zol"], Bytes);
        var contents = Ledger.Read(folder["golden.zol"]);
        Assert.Equal("c34403208e2a9f6a5bacad6b0a6f3a1e4cfc52a5b8a6a2613fdb52d73ff07452", contents.Header.Identity.Digest);
        Assert.Equal("c395dc3e43fe9d42", contents.Chain.ToString());
        Assert.Equal(ulong.MaxValue, contents.Header.Identity.Recipe.Get(RecipeKeys.Seed));
        Assert.Equal(7, contents.Header.Recipe.Get(RecipeKeys.MaxSteps));
        Assert.Equal(["w", "b"], contents.Header.Identity.Layout.Select(t => t.Name));
        Assert.Equal(Records, contents.Records);
    }

    [Fact]
    public void Golden_IsWritten()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["golden.zol"], Bytes);
        var header = Ledger.Read(folder["golden.zol"]).Header;
        Assert.Contains(header.Identity.Canonical, Encoding.UTF8.GetString(Bytes), StringComparison.Ordinal);

        // The header also holds the operational keys, which later versions may add to; the records are all there is to freeze.
        var records = Bytes.AsSpan(16 + BitConverter.ToInt32(Bytes, 12) + 4).ToArray();
        Ledger.WriteNew(folder["again.zol"], header, Records);
        Assert.Equal(records, File.ReadAllBytes(folder["again.zol"])[^records.Length..]);
    }

    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xE3069283u)]
    [InlineData("The quick brown fox jumps over the lazy dog", 0x22620404u)]
    public void Crc32C_OfKnownTexts_IsEqual(string text, uint crc) => Assert.Equal(crc, Crc32C.Of(Encoding.ASCII.GetBytes(text)));

    private static StepRecord[] Records =>
    [
        new(
            0, StepStatus.Applied, Method.MezoSgd,
            [new(0x0123456789ABCDEF, 5L << 32, -(3L << 32), 0.25f), new(ulong.MaxValue, 1, 2, -0f)], 16, 0.5f),
        StepRecord.Skip(1, Method.MezoSgd),
        new(2, StepStatus.Applied, Method.MezoSgd, [new(7, -1, 1, 1e-40f)], 1, 1f),
    ];
}
