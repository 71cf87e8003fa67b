using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training.Tests;

public sealed class ModelExportTests
{
    /// <summary>Headers of the files.</summary>
    private const long Overhead = 10_000;

    /// <summary>What a run is told that it will need is what its end writes: of a prefix, not a whole model.</summary>
    [Theory]
    [InlineData("full", null)]
    [InlineData("full", WeightType.BFloat16)]
    [InlineData("layers=1", WeightType.Float16)]
    [InlineData("lora", null)]
    [InlineData("lora", WeightType.BFloat16)]
    [InlineData("prefix", null)]
    [InlineData("prompt", WeightType.BFloat16)]
    public void BytesOf_APart_AreThoseThatItsExportTakes(string part, WeightType? saveType)
    {
        using var folder = new TemporaryFolder();
        using var checkpoint = Checkpoint.Open(Path.Combine(Fixtures.Repository, "tests", "DistZO.Models.Tests", "Data", "opt"));
        using var device = new ReferenceDevice();
        using var model = ModelLoader.Load(
            device, checkpoint, TrainedParts.Of(Recipe.ParseYaml($"train: {part}", "recipe"), checkpoint), WeightType.Float32, seed: 0);
        ModelExport.Write(model, checkpoint, folder["out"], saveType);
        if (model.Initial.Digest is not null) InitialValuesFile.Write(model, Path.Combine(folder["out"], RunDirectory.InitialValuesName));
        var written = Directory.GetFiles(folder["out"], "*.safetensors", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length);
        Assert.InRange(ModelExport.BytesOf(model, checkpoint, saveType), written - Overhead, written);
    }
}
