using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("train.jsonl", "dev.jsonl", "train.json", "validation.jsonl", "test.jsonl")]
    [InlineData("train.json", "validation.jsonl")]
    [InlineData("train.jsonl", "val.json")]
    public void Resolve_OfAFolder_FindsItsFilesByName(string train, string held, params string[] others)
    {
        foreach (string name in (string[])[train, held, .. others]) File.WriteAllText(_folder[name], "{}");
        var recipe = DataFolder.Resolve(Recipe.Default.With(RecipeKeys.TrainFile, _folder.Root));

        Assert.Equal((_folder[train], _folder[held]), (recipe.Get(RecipeKeys.TrainFile), recipe.Get(RecipeKeys.EvalFile)));
        Assert.Equal(recipe.ToYaml(), DataFolder.Resolve(recipe).ToYaml());
    }

    [Fact]
    public void Resolve_WithHeldOutRowsOfTheRecipe_KeepsThem()
    {
        File.WriteAllText(_folder["train.jsonl"], "{}");
        File.WriteAllText(_folder["dev.jsonl"], "{}");
        var recipe = Recipe.Default.With(RecipeKeys.TrainFile, _folder.Root).With(RecipeKeys.EvalFile, "other.jsonl");

        Assert.Equal("other.jsonl", DataFolder.Resolve(recipe).Get(RecipeKeys.EvalFile));
    }

    [Fact]
    public void Resolve_OfAFolderWithoutHeldOutRows_LeavesThemOpen()
    {
        File.WriteAllText(_folder["train.jsonl"], "{}");

        Assert.Null(DataFolder.Resolve(Recipe.Default.With(RecipeKeys.TrainFile, _folder.Root)).Get(RecipeKeys.EvalFile));
    }

    [Fact]
    public void Resolve_OfAFolderWithoutRows_SaysWhatWasLookedFor()
    {
        var error = Assert.Throws<BadInputException>(() => DataFolder.Resolve(Recipe.Default.With(RecipeKeys.TrainFile, _folder.Root)));

        Assert.Equal(
            $"train_file: the folder '{_folder.Root}' holds none of train.jsonl, train.json; put the rows there, or name the file", error.Message);
    }

    [Fact]
    public void Resolve_OfFiles_ChangesNothing()
    {
        var recipe = Recipe.Default.With(RecipeKeys.TrainFile, "a.jsonl");

        Assert.Same(recipe, DataFolder.Resolve(recipe));
    }
}
