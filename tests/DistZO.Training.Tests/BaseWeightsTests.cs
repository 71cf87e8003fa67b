using System.Text.Json.Nodes;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public sealed class BaseWeightsTests
{
    [Fact]
    public void Load_ModelLargerThanAnyMemory_IsRefusedBeforeItIsRead()
    {
        var message = Refusal(Recipe.Default, ("vocab_size", 2_000_000_000));
        Assert.Contains("not enough memory: embedding, head and the buffers of layers of", message);
        Assert.Contains("use --weights-dtype bfloat16, or a larger machine", message);
    }

    /// <summary>Where the device computes in host memory, its buffers and the layers beside it are in one.</summary>
    [Fact]
    public void Load_LayersLargerThanHostMemory_IsRefusedBeforeItIsRead()
    {
        var message = Refusal(Recipe.Default.With(RecipeKeys.Offload, OffloadTier.Host), ("hidden_size", 8192), ("word_embed_proj_dim", 8192), ("ffn_dim", 32768), ("num_attention_heads", 64), ("num_hidden_layers", 4000));
        Assert.Contains("not enough memory: the weights and the buffers of layers of", message);
        Assert.Contains("use --offload disk, ", message);
    }

    private static string Refusal(Recipe recipe, params (string Field, int Value)[] config)
    {
        using var folder = new TemporaryFolder();
        var small = Path.Combine(Fixtures.Repository, "tests", "DistZO.Models.Tests", "Data", "opt");
        var fields = JsonNode.Parse(File.ReadAllText(Path.Combine(small, "config.json")))!;
        foreach (var (field, value) in config) fields[field] = value;
        File.WriteAllText(folder["config.json"], fields.ToJsonString());
        File.Copy(Path.Combine(small, "model.safetensors"), folder["model.safetensors"]);
        using var checkpoint = Checkpoint.Open(folder.Root);
        using var device = new ReferenceDevice();
        return Assert.Throws<RunFailedException>(() => BaseWeights.Load(device, checkpoint, adapter: null, recipe, _ => [], _ => { })).Message;
    }
}
