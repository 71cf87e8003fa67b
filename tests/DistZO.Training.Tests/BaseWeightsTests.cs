using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public sealed class BaseWeightsTests
{
    [Fact]
    public void Load_ModelLargerThanAnyMemory_IsRefusedBeforeItIsRead()
    {
        using var folder = new TemporaryFolder();
        var small = Path.Combine(Fixtures.Repository, "tests", "DistZO.Models.Tests", "Data", "opt");
        var config = File.ReadAllText(Path.Combine(small, "config.json"));
        File.WriteAllText(folder["config.json"], config.Replace("\"vocab_size\": 384", "\"vocab_size\": 2000000000"));
        File.Copy(Path.Combine(small, "model.safetensors"), folder["model.safetensors"]);
        using var checkpoint = Checkpoint.Open(folder.Root);
        using var device = new ReferenceDevice();
        var error = Assert.Throws<RunFailedException>(() => BaseWeights.Load(device, checkpoint, adapter: null, Recipe.Default, _ => [], _ => { }));
        Assert.Contains("not enough memory", error.Message);
        Assert.Contains("--weights-dtype bfloat16", error.Message);
    }
}
