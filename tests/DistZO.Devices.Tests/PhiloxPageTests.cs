using System.Diagnostics;
using System.Globalization;

namespace DistZO.Devices.Tests;

/// <summary>docs/formats/philox-v1.md: its examples are what the code computes, and what can be computed from the page alone.</summary>
public unsafe class PhiloxPageTests
{
    private static readonly string[] Page = File.ReadAllLines(Path.Combine(Fixtures.Repository, "docs", "formats", "philox-v1.md"));

    [Fact]
    public void Page_GaussianExamples_AreWhatTheCodeComputes()
    {
        foreach (var row in Examples("| seed | ordinal | index | bits of z |"))
        {
            var index = long.Parse(row[2], CultureInfo.InvariantCulture);
            var ordinal = uint.Parse(row[1], CultureInfo.InvariantCulture);
            var z = Gaussian.At(ulong.Parse(row[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), ordinal, index);
            Assert.Equal(row[3], Hex(z));
        }
    }

    [Fact]
    public void Page_PairExamples_AreWhatTheCodeComputes()
    {
        foreach (var row in Examples("| a | b | bits of the pair |"))
        {
            var (even, odd) = BoxMuller.Pair(Word(row[0]), Word(row[1]));
            Assert.Equal(row[2], $"{Hex(even)} {Hex(odd)}");
        }
    }

    [Fact]
    public void Page_CommitExamples_AreWhatTheCodeComputes()
    {
        var update = new WeightUpdate(Float("3f7ff972"), [new(0x1122334455667788, Float("3a83126f")), new(1, Float("b951b717"))]);
        foreach (var row in Examples("| format | index | θ before | θ after |"))
        {
            var type = WeightTypes.Parse(row[0])!.Value;
            var index = long.Parse(row[1], CultureInfo.InvariantCulture);

            // The base address stands for a tensor of which only this element exists.
            var weight = Word(row[2]);
            FoldReference.Apply((byte*)&weight - index * type.Size(), type, 3, true, index, 1, [update]);
            Assert.Equal(row[3], weight.ToString($"x{2 * type.Size()}"));
        }
    }

    [Fact]
    public void Page_DigestExamples_AreWhatTheCodeComputes()
    {
        foreach (var row in Examples("| tensor number | bytes | digest |"))
        {
            var sum = WeightsDigest.Sum(Convert.FromHexString(row[1]), 0, uint.Parse(row[0], CultureInfo.InvariantCulture));
            Assert.Equal(row[2], sum.ToString("x32"));
        }
    }

    [SkippableFact]
    public void Page_RebuiltInPython_GivesTheSameBits()
    {
        var start = new ProcessStartInfo("python3", [Path.Combine(Fixtures.Repository, "tests", "philox_v1.py")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "python3 is not installed");
        }

        var errors = process!.StandardError.ReadToEndAsync();
        Assert.Contains("examples of philox-v1.md are equal", process.StandardOutput.ReadToEnd() + errors.Result);
        process.WaitForExit();
        process.Dispose();
    }

    private static List<string[]> Examples(string header)
    {
        var at = Array.IndexOf(Page, header);
        Assert.True(at >= 0, $"the page has no table {header}");
        var rows = Page.Skip(at + 2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.NotEmpty(rows);
        return rows;
    }

    private static uint Word(string hex) => uint.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static float Float(string hex) => BitConverter.UInt32BitsToSingle(Word(hex));

    private static string Hex(float x) => BitConverter.SingleToUInt32Bits(x).ToString("x8");
}
