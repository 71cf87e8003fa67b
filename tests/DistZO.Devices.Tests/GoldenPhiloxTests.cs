using System.Globalization;
using System.Text.Json;

namespace DistZO.Devices.Tests;

/// <summary>The scalar kernels against the independent reference: integers equal, z within its published error.</summary>
public class GoldenPhiloxTests
{
    /// <summary>docs/formats/philox-v1.md: the largest |z − exact| that was found is 1.1e-6.</summary>
    private const double ZError = 1.2e-6;

    [Fact]
    public void Words_GoldenCounters_AreEqual() => ForEach("words", entry =>
    {
        var (w0, w1, w2, w3) = Philox.Block(
            entry.Hex("seed"), entry.GetProperty("n").GetUInt64(), entry.GetProperty("third").GetUInt32(),
            (PhiloxStream)entry.GetProperty("stream").GetUInt32());
        Assert.Equal(entry.GetProperty("words").EnumerateArray().Select(w => w.Hex()), [w0, w1, w2, w3]);
    });

    [Fact]
    public void Gaussian_GoldenRanges_AreWithinThePublishedError() => ForEach("gaussian", entry =>
    {
        var start = entry.GetProperty("start").GetInt64();
        var expected = entry.GetProperty("z").EnumerateArray().Select(z => z.GetDouble()).ToArray();
        var z = new float[expected.Length];
        Gaussian.Fill(entry.Hex("seed"), entry.GetProperty("tensor").GetUInt32(), start, z);
        for (var i = 0; i < z.Length; i++) Assert.InRange(z[i] - expected[i], -ZError, ZError);
    });

    [Fact]
    public void Rademacher_GoldenRanges_AreEqual() => ForEach("rademacher", entry =>
    {
        var (seed, ordinal, start) = Where(entry);
        var signs = entry.GetProperty("signs").GetString()!;
        var actual = Enumerable.Range(0, signs.Length).Select(i => Rademacher.At(seed, ordinal, start + i) > 0 ? '+' : '-');
        Assert.Equal(signs, string.Concat(actual));
    });

    [Fact]
    public void DirectionSeeds_GoldenSteps_AreEqual() => ForEach("direction_seeds", entry =>
    {
        var seeds = entry.GetProperty("seeds").EnumerateArray().Select(s => s.GetString()!).ToArray();
        for (var d = 0; d < seeds.Length; d++)
            Assert.Equal(seeds[d], Philox.DirectionSeed(entry.Hex("run_seed"), entry.GetProperty("step").GetInt64(), d).ToString("x16"));
    });

    [Fact]
    public void DataOrder_GoldenSteps_FollowsFromTheWords() => ForEach("data_order", entry =>
    {
        var (rows, batch) = (entry.GetProperty("rows").GetInt32(), entry.GetProperty("batch").GetInt32());
        foreach (var step in entry.GetProperty("steps").EnumerateObject())
        {
            var first = long.Parse(step.Name, CultureInfo.InvariantCulture) * batch;
            var actual = Enumerable.Range(0, batch).Select(i => Row(entry.Hex("run_seed"), rows, first + i));
            Assert.Equal(step.Value.EnumerateArray().Select(r => r.GetInt32()), actual);
        }
    });

    [Fact]
    public void RoundingBits_GoldenRanges_AreEqual() => ForEach("rounding_bits", entry =>
    {
        var (seed, ordinal, start) = Where(entry);
        var bits = entry.GetProperty("bits").EnumerateArray().Select(b => b.GetUInt32()).ToArray();
        Assert.Equal(bits, Enumerable.Range(0, bits.Length).Select(i => RoundingBits.At(seed, ordinal, start + i)));
    });

    [Fact]
    public void StochasticRounding_GoldenValues_AreEqual() => ForEach("stochastic_rounding", entry =>
    {
        var x = BitConverter.UInt32BitsToSingle((uint)entry.Hex("x"));
        var r = entry.GetProperty("bits").GetUInt32();
        var bfloat16 = entry.GetProperty("format").GetString() == "bf16";
        var stored = bfloat16 ? StochasticRounding.ToBFloat16(x, r) : StochasticRounding.ToFloat16(x, r);
        Assert.Equal(entry.GetProperty("stored").GetString(), stored.ToString("x4"));
    });

    [Fact]
    public void FixedPoint_GoldenTerms_AreEqual() => ForEach("fixed_point", entry =>
    {
        var fits = FixedPoint.TryRound(HexDouble(entry.GetProperty("x").GetString()!), out var value);
        Assert.Equal(entry.GetProperty("flag").GetBoolean(), !fits);
        if (fits) Assert.Equal(entry.GetProperty("value").GetInt64(), value);
    });

    [Fact]
    public void WeightsDigest_GoldenTensors_AreEqual() => ForEach("weights_digest", entry =>
    {
        var data = Bytes(entry.GetProperty("bytes").GetString()!);
        var tensor = entry.GetProperty("tensor").GetUInt32();
        Assert.Equal(entry.GetProperty("digest").GetString(), WeightsDigest.Sum(data, 0, tensor).ToString("x32"));

        // And from slices cut at a multiple of 8 bytes.
        var cut = data.Length / 16 * 8;
        var sliced = WeightsDigest.Sum(data.AsSpan(0, cut), 0, tensor) + WeightsDigest.Sum(data.AsSpan(cut), cut / 8, tensor);
        Assert.Equal(entry.GetProperty("digest").GetString(), sliced.ToString("x32"));
    });

    /// <summary>Hexadecimal digits, or the one long pattern that the reference gives as a formula.</summary>
    private static byte[] Bytes(string text) => text == "byte i is (7 i + i div 256) mod 256, 70001 bytes"
        ? [.. Enumerable.Range(0, 70_001).Select(i => (byte)(7 * i + i / 256))]
        : Convert.FromHexString(text);

    private static void ForEach(string section, Action<JsonElement> check)
    {
        var entries = GoldenPhilox.Section(section).EnumerateArray().ToArray();
        Assert.NotEmpty(entries);
        foreach (var entry in entries) check(entry);
    }

    private static (ulong Seed, uint Ordinal, long Start) Where(JsonElement entry) =>
        (entry.Hex("seed"), entry.GetProperty("tensor").GetUInt32(), entry.GetProperty("start").GetInt64());

    private static int Row(ulong runSeed, int rows, long position)
    {
        var order = Enumerable.Range(0, rows).ToArray();
        for (var i = rows - 1; i > 0; i--)
        {
            var word = Philox.Word64(runSeed, (ulong)i, (uint)(position / rows), PhiloxStream.DataOrder);
            var j = (int)Math.BigMul(word, (ulong)(i + 1), out _);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order[position % rows];
    }

    /// <summary>Python's float.hex, inf and nan.</summary>
    private static double HexDouble(string text)
    {
        if (text is "nan") return double.NaN;
        var negative = text.StartsWith('-');
        text = text.TrimStart('-');
        var magnitude = double.PositiveInfinity;
        if (text != "inf")
        {
            var exponent = text.IndexOf('p');
            var digits = text[4..exponent];
            var fraction = long.Parse(text[2] + digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            magnitude = Math.ScaleB(fraction, int.Parse(text[(exponent + 1)..], CultureInfo.InvariantCulture) - 4 * digits.Length);
        }

        return negative ? -magnitude : magnitude;
    }
}
