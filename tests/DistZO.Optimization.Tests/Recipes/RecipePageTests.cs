namespace DistZO.Optimization.Tests;

/// <summary>docs/recipe.md lists every key, its default and what it takes, as <see cref="RecipeKeys"/> declares them.</summary>
public class RecipePageTests
{
    [Fact]
    public void Page_Table_ListsEveryKeyAsDeclared()
    {
        var page = File.ReadAllLines(Path.Combine(Fixtures.Repository, "docs", "recipe.md"));
        var table = page.SkipWhile(line => !line.StartsWith("| key | default |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'));
        Assert.Equal(string.Join('\n', RecipeKeys.All.Select(Row)), string.Join('\n', table));
    }

    private static string Row(RecipeKey key)
    {
        var names = string.Join(", ", key.Aliases.Prepend(key.Name).Select(name => $"`{name}`"));
        var makesAnotherRun = key.Kind switch
        {
            RecipeKeyKind.Trajectory => "yes",
            RecipeKeyKind.TrajectoryOfSchedule => "if linear or cosine",
            _ => "no",
        };
        return $"| {names} | {key.DefaultText} | {key.Help} | {key.Expected} | {makesAnotherRun} |";
    }
}
