using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Planning;

/// <summary>The model to plan for: nothing of it is read but its <c>config.json</c>.</summary>
internal static class PlannedModel
{
    /// <summary>The config of a shape by name, of a model directory, or of a file.</summary>
    /// <exception cref="BadInputException">It is none of these.</exception>
    public static ModelConfig Config(string model)
    {
        if (ModelShapes.Names.Contains(model)) return ModelConfig.Parse(ModelShapes.Config(model), model);
        if (Directory.Exists(model)) return ModelConfig.Read(Path.Combine(model, "config.json"));
        if (File.Exists(model)) return ModelConfig.Read(model);
        var near = Spelling.Nearest(model, ModelShapes.Names) is { } name ? $"did you mean the shape '{name}'? " : "";
        throw new BadInputException($"'{model}' is no model directory and no config.json; {near}the shapes are {string.Join(", ", ModelShapes.Names)}");
    }

    /// <summary>What a recipe's part of a model weighs.</summary>
    public static ModelSize Size(Recipe recipe, ModelArchitecture architecture, ModelConfig config)
    {
        if (recipe.Get(RecipeKeys.Train) is { Kind: TrainedPartKind.Layers })
        {
            throw new BadInputException(
                "train: a plan takes all layers as alike, so it has none for some of them; plan for full, lora, prefix, prompt or bitfit");
        }

        var weights = recipe.Get(RecipeKeys.WeightsDtype);
        var stored = config.GetStringOr("dtype", config.GetStringOr("torch_dtype", weights.Name()));
        var type = WeightTypes.Parse(stored)
            ?? throw config.Unsupported(config.Has("dtype") ? "dtype" : "torch_dtype", "supported: float32, bfloat16, float16.");
        return new ModelSize(TrainedParts.Of(recipe, architecture), weights, type, recipe.Get(RecipeKeys.TransferDtype));
    }
}
