using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public class PromptOptionsTests
{
    [Fact]
    public void Of_ARecipe_TakesItsKeysAndTheModelsLength()
    {
        var recipe = Recipe.ParseYaml("prompt: \"{q} It was\"\nchoices: {0: \" bad\", 1: \" good\"}\nlabel_field: y\n", "recipe.yaml");

        var options = PromptOptions.Of(recipe, 512);

        Assert.Equal(("{q} It was", null, "y"), (options.Prompt, options.Completion, options.LabelField));
        Assert.Equal(512, options.MaxLength);
        Assert.Equal([new("0", " bad"), new("1", " good")], options.Choices);
    }

    [Fact]
    public void Of_ARecipeWithALengthOfItsOwn_KeepsIt() =>
        Assert.Equal(64, PromptOptions.Of(Recipe.ParseYaml("max_length: 64", "recipe.yaml"), 512).MaxLength);

    [Fact]
    public void Of_ALengthThatTheModelDoesNotTake_IsRefused()
    {
        var error = Assert.Throws<BadInputException>(() => PromptOptions.Of(Recipe.ParseYaml("max_length: 513", "recipe.yaml"), 512));

        Assert.Equal("max_length: 513 is more than the 512 tokens that the model takes", error.Message);
    }
}
