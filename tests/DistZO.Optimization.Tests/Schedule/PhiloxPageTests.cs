using System.Globalization;

namespace DistZO.Optimization.Tests;

/// <summary>docs/formats/philox-v1.md: its seeds and orders are what the code makes of a recipe. The rest is tested beside the devices.</summary>
public class PhiloxPageTests
{
    [Fact]
    public void Page_SeedExamples_AreThoseOfTheDirections()
    {
        foreach (var row in Examples("| run seed | step | d | seed of direction |"))
        {
            var d = int.Parse(row[2], CultureInfo.InvariantCulture);
            var recipe = Recipe.Default.With(RecipeKeys.Seed, Hex(row[0])).With(RecipeKeys.NumDirections, d + 1);
            var probes = new MezoSgd(recipe).Probes(long.Parse(row[1], CultureInfo.InvariantCulture));
            Assert.Equal(Hex(row[3]), probes[^1].Seed);
        }
    }

    [Fact]
    public void Page_OrderExamples_AreThoseOfTheBatches()
    {
        foreach (var row in Examples("| run seed | epoch | π |"))
        {
            var expected = row[2].Split(' ').Select(i => int.Parse(i, CultureInfo.InvariantCulture)).ToArray();
            var order = new DataOrder(Hex(row[0]), expected.Length, batch: expected.Length);
            Assert.Equal(expected, order.Rows(long.Parse(row[1], CultureInfo.InvariantCulture)));
        }
    }

    private static List<string[]> Examples(string header)
    {
        var page = File.ReadAllLines(Path.Combine(Fixtures.Repository, "docs", "formats", "philox-v1.md"));
        var rows = page.SkipWhile(line => line != header).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.NotEmpty(rows);
        return rows;
    }

    private static ulong Hex(string digits) => ulong.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
