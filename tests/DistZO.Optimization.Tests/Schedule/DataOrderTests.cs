using System.Globalization;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Optimization.Tests;

public class DataOrderTests
{
    [SkippableFact]
    public void Rows_OfTheReference_AreEqual()
    {
        using var golden = Golden();
        foreach (var run in golden.RootElement.GetProperty("data_order").EnumerateArray())
        {
            var (rows, batch) = (run.GetProperty("rows").GetInt32(), run.GetProperty("batch").GetInt32());
            var order = new DataOrder(Hex(run.GetProperty("run_seed")), rows, batch);
            foreach (var step in run.GetProperty("steps").EnumerateObject())
            {
                var expected = step.Value.EnumerateArray().Select(v => v.GetInt32());
                Assert.Equal(expected, order.Rows(long.Parse(step.Name, CultureInfo.InvariantCulture)));
            }
        }
    }

    [SkippableFact]
    public void DirectionSeeds_OfTheReference_AreEqual()
    {
        using var golden = Golden();
        foreach (var run in golden.RootElement.GetProperty("direction_seeds").EnumerateArray())
        {
            var seeds = run.GetProperty("seeds").EnumerateArray().Select(Hex).ToArray();
            var seed = Hex(run.GetProperty("run_seed"));
            var recipe = Recipe.Default.With(RecipeKeys.Seed, seed).With(RecipeKeys.NumDirections, seeds.Length);
            var probes = new MezoSgd(recipe).Probes(run.GetProperty("step").GetInt64());
            Assert.Equal(seeds.SelectMany(s => new[] { s, s }), probes.Select(p => p.Seed));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(5, 23)]
    [InlineData(64, 64)]
    public void Rows_AskedInAnyOrder_AreThoseOfTheContract(int rows, int batch)
    {
        var expected = Enumerable.Range(0, 40).SelectMany(e => Epoch(9, rows, e)).ToArray();
        var steps = Enumerable.Range(0, 40 * rows / batch).ToArray();
        new Random(1).Shuffle(steps);
        var order = new DataOrder(9, rows, batch);
        foreach (var step in steps) Assert.Equal(expected.AsSpan(step * batch, batch).ToArray(), order.Rows(step));
    }

    [Fact]
    public void Rows_OfOneEpoch_AreEachRowOnce()
    {
        var order = new DataOrder(0, 1000, 10);
        Assert.Equal(Enumerable.Range(0, 1000), Enumerable.Range(0, 100).SelectMany(t => order.Rows(t)).Order());
    }

    /// <summary>The contract's words, one row at a time.</summary>
    private static int[] Epoch(ulong seed, int rows, int epoch)
    {
        var order = Enumerable.Range(0, rows).ToArray();
        for (var i = rows - 1; i >= 1; i--)
        {
            var word = Philox.Word64(seed, (ulong)i, (uint)epoch, PhiloxStream.DataOrder);
            var j = (int)((UInt128)word * (ulong)(i + 1) >> 64);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    private static ulong Hex(JsonElement value) => ulong.Parse(value.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static JsonDocument Golden() => JsonDocument.Parse(File.ReadAllText(Fixtures.Require("philox", "golden.json")));
}
