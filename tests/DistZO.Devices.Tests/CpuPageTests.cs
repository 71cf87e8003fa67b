using System.Globalization;
using System.Reflection;

namespace DistZO.Devices.Tests;

/// <summary>docs/formats/cpu-v1.md: its constants are the code's, its examples what the code computes.</summary>
public class CpuPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Fixtures.Repository, "docs", "formats", "cpu-v1.md"));

    [Fact]
    public void Page_ChunkConstants_AreTheCodes() =>
        Assert.Equal(
            Constants<int>(typeof(CpuArithmetic)).Select(c => (c.Name, c.Value.ToString(CultureInfo.InvariantCulture))).Order(),
            Rows("| constant | value | what |").Select(row => (row[0], row[1])).Order());

    [Fact]
    public void Page_ConstantsInBinary32_AreTheCodes()
    {
        var rows = Rows("| constant | bits | decimal |");
        Assert.Equal(
            Constants<float>(typeof(ScalarMath)).Select(c => (c.Name, $"0x{BitConverter.SingleToInt32Bits(c.Value):X8}")).Order(),
            rows.Select(row => (row[0], row[1])).Order());
        Assert.All(rows, row => Assert.Equal(row[1], $"0x{BitConverter.SingleToInt32Bits(float.Parse(row[2], CultureInfo.InvariantCulture)):X8}"));
    }

    [Fact]
    public void Page_ExamplesOfExpInBinary32_AreWhatTheCodeComputes() =>
        Assert.All(Rows("| x | exp in binary32 |"), row =>
        {
            var x = BitConverter.UInt32BitsToSingle(uint.Parse(row[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            Assert.Equal(row[1], $"{BitConverter.SingleToInt32Bits(ScalarMath.Exp(x)):x8}");
        });

    [Fact]
    public void Page_ExamplesOfActivations_AreWhatTheCodeComputes() =>
        Assert.All(Rows("| x | SiLU | GELU, tanh form | GELU |"), row =>
        {
            var x = BitConverter.UInt32BitsToSingle(uint.Parse(row[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            string[] computed = [row[0], .. new[] { ScalarMath.Silu(x), ScalarMath.GeluTanh(x), ScalarMath.Gelu(x) }.Select(y => $"{BitConverter.SingleToInt32Bits(y):x8}")];
            Assert.Equal(row, computed);
        });

    [Fact]
    public void Page_ExamplesOfAngles_AreWhatTheCodeComputes() =>
        Assert.All(Rows("| x | sin | cos |"), row =>
        {
            var (sin, cos) = ExactMath.SinCos(Binary64(row[0]));
            string[] computed = [row[0], Hex(sin), Hex(cos)];
            Assert.Equal(row, computed);
        });

    [Fact]
    public void Page_ExamplesInBinary64_AreWhatTheCodeComputes()
    {
        Assert.All(Rows("| x | exp in binary64 |"), row => Assert.Equal(row[1], Hex(ExactMath.Exp(Binary64(row[0])))));
        Assert.All(Rows("| x | ln in binary64 |"), row => Assert.Equal(row[1], Hex(ExactMath.Log(Binary64(row[0])))));
    }

    private static IEnumerable<(string Name, T Value)> Constants<T>(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.IsLiteral && field.FieldType == typeof(T))
            .Select(field => (field.Name, (T)field.GetRawConstantValue()!));

    /// <summary>The cells of the table under a heading row, which must be there and have rows.</summary>
    private static List<string[]> Rows(string heading)
    {
        var at = Array.IndexOf(Page, heading);
        Assert.True(at >= 0, $"the page has no table {heading}");
        var rows = Page[(at + 2)..].TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1]).ToList();
        Assert.NotEmpty(rows);
        return rows;
    }

    private static double Binary64(string hex) =>
        BitConverter.UInt64BitsToDouble(ulong.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static string Hex(double value) => $"{BitConverter.DoubleToInt64Bits(value):x16}";
}
