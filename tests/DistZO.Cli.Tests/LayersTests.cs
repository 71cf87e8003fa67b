using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace DistZO.Cli.Tests;

/// <summary>Holds the table of layers in <c>docs/architecture.md</c> against the project files under <c>src</c>.</summary>
public class LayersTests
{
    private static readonly List<Layer> Layers = ReadTable();

    public static TheoryData<string> Projects => [.. Directory.GetDirectories(Source).Select(folder => Path.GetFileName(folder)!)];

    private static string Source => Path.Combine(Fixtures.Repository, "src");

    [Fact]
    public void Table_OfLayers_ListsEveryProjectOnce() =>
        Assert.Equal(
            Directory.GetFiles(Source, "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetFileNameWithoutExtension(file)!).Order(),
            Layers.Select(layer => layer.Project).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_AreThoseOfTheTable(string project) =>
        Assert.Equal(Layers.Single(layer => layer.Project == project).References.Order(), References(project).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Project_References_AreOfLayersAbove(string project) =>
        Assert.Subset(Layers.TakeWhile(layer => layer.Project != project).Select(layer => layer.Project).ToHashSet(), References(project).ToHashSet());

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(Source, project, project + ".csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));

    private static List<Layer> ReadTable() =>
    [
        .. File.ReadLines(Path.Combine(Fixtures.Repository, "docs", "architecture.md"))
            .Select(line => Regex.Match(line, @"^\| `src/(?<project>[\w.]+)` \|.*\| (?<references>[^|]+) \|$"))
            .Where(match => match.Success)
            .Select(match => new Layer(match.Groups["project"].Value, Names(match.Groups["references"].Value))),
    ];

    private static string[] Names(string cell) => cell == "nothing" ? [] : [.. cell.Split(", ").Select(name => "DistZO." + name)];

    private sealed record Layer(string Project, string[] References);
}
