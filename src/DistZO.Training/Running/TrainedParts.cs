using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>What of a model a recipe trains.</summary>
public static class TrainedParts
{
    /// <summary>m, where the recipe does not say: MeZO's.</summary>
    private const int VirtualTokens = 5;

    /// <summary>The part of a checkpoint's model.</summary>
    /// <exception cref="Devices.BadInputException">The model lacks what the recipe names.</exception>
    public static ModelPart Of(Recipe recipe, Checkpoint checkpoint) => Of(recipe, ModelFamilies.Describe(checkpoint));

    /// <summary>The part of a model.</summary>
    public static ModelPart Of(Recipe recipe, ModelArchitecture architecture)
    {
        var train = recipe.Get(RecipeKeys.Train) ?? default;
        return train.Kind switch
        {
            TrainedPartKind.Lora => ModelPart.WithLora(architecture, Lora(recipe)),
            TrainedPartKind.Prefix => ModelPart.WithPrefix(architecture, recipe.Get(RecipeKeys.NumVirtualTokens) ?? VirtualTokens),
            TrainedPartKind.Prompt => ModelPart.WithPrompt(architecture, recipe.Get(RecipeKeys.NumVirtualTokens) ?? VirtualTokens),
            TrainedPartKind.BitFit => ModelPart.BitFit(architecture),
            TrainedPartKind.Layers => ModelPart.Layers(architecture, train.Layers),
            _ => ModelPart.Full(architecture),
        };
    }

    /// <summary>The trained tensors, and the frozen ones, as they stand in an identity.</summary>
    public static (IEnumerable<TensorLayout> Layout, IEnumerable<TensorLayout> Frozen) Layouts(ModelPart part) =>
        (part.Trained.Select(Layout), part.Frozen.Select(Layout));

    private static TensorLayout Layout(TensorSpec tensor) => new(tensor.Name, tensor.Role, tensor.Shape);

    private static LoraOptions Lora(Recipe recipe)
    {
        var standard = new LoraOptions();
        return new LoraOptions
        {
            Rank = recipe.Get(RecipeKeys.LoraR) ?? standard.Rank,
            Alpha = recipe.Get(RecipeKeys.LoraAlpha) ?? standard.Alpha,
            Targets = recipe.Get(RecipeKeys.LoraTargetModules)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        };
    }
}
