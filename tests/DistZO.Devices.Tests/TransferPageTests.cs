using System.Globalization;

namespace DistZO.Devices.Tests;

/// <summary>docs/formats/transfer.md: its examples are what the code computes.</summary>
public class TransferPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Fixtures.Repository, "docs", "formats", "transfer.md"));

    [Fact]
    public void Page_ExamplesOfValues_AreWhatTheCodeComputes() => Assert.All(Rows("| x | bfloat16 | E4M3 |"), row =>
    {
        var x = Floats(row[0])[0];
        Assert.Equal([row[0], $"{WeightFormat.ToBFloat16(x):x4}", $"{Float8.FromFloat(x):x2}"], row);
    });

    [Fact]
    public void Page_ExamplesOfGroups_AreWhatTheCodeComputes() => Assert.All(Rows("| weights | E | codes | rounded |"), row =>
    {
        var values = Floats(row[0]);
        var exponent = TransferRounding.Exponent(values);
        var codes = string.Join(' ', values.Select(x => $"{Float8.FromFloat(x * TransferRounding.Power(-exponent)):x2}"));
        TransferRounding.Round(values, TransferType.Float8);
        var rounded = string.Join(' ', values.Select(x => $"{BitConverter.SingleToUInt32Bits(x):x8}"));
        Assert.Equal([row[0], exponent.ToString(CultureInfo.InvariantCulture), codes, rounded], row);
    });

    private static float[] Floats(string bits) =>
        [.. bits.Split(' ').Select(text => BitConverter.UInt32BitsToSingle(uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];

    private static List<string[]> Rows(string header)
    {
        var rows = Page.SkipWhile(line => line != header).Skip(2).TakeWhile(line => line.StartsWith('|')).ToList();
        Assert.NotEmpty(rows);
        return [.. rows.Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries))];
    }
}
