using System.Globalization;
using System.Text.Json.Nodes;

namespace DistZO.Optimization.Tests;

public class CanonicalJsonTests
{
    // Expected texts are what Python 3 prints for the same values.
    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(1.0, "1")]
    [InlineData(-20000.0, "-20000")]
    [InlineData(1e-6, "1e-06")]
    [InlineData(1.5e-7, "1.5e-07")]
    [InlineData(0.001, "0.001")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00012345, "0.00012345")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.30000000000000004, "0.30000000000000004")]
    [InlineData(1234.5, "1234.5")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1e16, "1e+16")]
    [InlineData(1.2345678901234567e19, "1.2345678901234567e+19")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(1.7976931348623157e308, "1.7976931348623157e+308")]
    [InlineData(-2.2250738585072014e-308, "-2.2250738585072014e-308")]
    public void Number_IsTheShortestThatComesBack(double value, string text) => Assert.Equal(text, CanonicalJson.Number(value));

    [Fact]
    public void Number_OfNegativeZero_IsZero() => Assert.Equal("0", CanonicalJson.Number(-0.0));

    [Fact]
    public void Number_OfAnyBits_ComesBack()
    {
        var random = new Random(3);
        for (var i = 0; i < 20_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(value)) continue;
            Assert.Equal(value, double.Parse(CanonicalJson.Number(value), CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Write_SortsKeysAndEscapesWhatItMust()
    {
        var json = new JsonObject
        {
            ["b"] = new JsonArray(1, "é😀\"\\\n\u0001\u007f/", null, true),
            ["B"] = ulong.MaxValue,
            ["a"] = new JsonObject { ["z"] = 1.0, ["y"] = -1L },
        };
        const string expected = "{\"B\":18446744073709551615,\"a\":{\"y\":-1,\"z\":1},\"b\":[1,\"é😀\\\"\\\\\\n\\u0001\u007f/\",null,true]}";
        Assert.Equal(expected, CanonicalJson.Write(json));
        Assert.Equal(expected, CanonicalJson.Write(JsonNode.Parse(expected)));
    }
}
