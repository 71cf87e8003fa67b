using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>How rows become examples: the part of a recipe that concerns prompts.</summary>
public sealed record PromptOptions
{
    /// <summary>Template of the prompt; null to read rows by their own shape.</summary>
    public string? Prompt { get; init; }

    /// <summary>Template of what the model should write after the prompt; excludes <see cref="Choices"/>.</summary>
    public string? Completion { get; init; }

    /// <summary>What may follow the prompt, each text a template too, in the order of the label indices; empty for none.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>The field that names the right choice, compared as text (1 and "1" are equal).</summary>
    public string LabelField { get; init; } = "label";

    /// <summary>Most tokens of a prompt and its answer together, special tokens included.</summary>
    public int MaxLength { get; init; } = 2048;

    /// <summary>
    /// A recipe's options for a model that takes <paramref name="positions"/> tokens. Throws <see cref="BadInputException"/> when
    /// the recipe asks for longer samples than that.
    /// </summary>
    public static PromptOptions Of(Recipe recipe, int positions)
    {
        int? asked = recipe.Get(RecipeKeys.MaxLength);
        if (asked > positions) throw new BadInputException($"max_length: {asked} is more than the {positions} tokens that the model takes");
        return new PromptOptions
        {
            Prompt = recipe.Get(RecipeKeys.Prompt),
            Completion = recipe.Get(RecipeKeys.Completion),
            Choices = recipe.Get(RecipeKeys.Choices) ?? [],
            LabelField = recipe.Get(RecipeKeys.LabelField),
            MaxLength = asked ?? positions,
        };
    }
}
