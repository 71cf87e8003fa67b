using DistZO.Devices;

namespace DistZO.Models.Tests.Adapters;

public sealed class ModelPartTests
{
    private static ModelArchitecture Opt
    {
        get
        {
            using var checkpoint = Checkpoint.Open(ModelFolders.Opt);
            return ModelFamilies.Describe(checkpoint);
        }
    }

    [Fact]
    public void Full_TrainsEverything()
    {
        var part = ModelPart.Full(Opt);
        Assert.Equal(Opt.Tensors.Select(tensor => tensor.Name), part.Trained.Select(tensor => tensor.Name));
        Assert.Empty(part.Frozen);
    }

    [Fact]
    public void Lora_TrainsQueriesAndValues_UnderPeftsNames()
    {
        var part = ModelPart.WithLora(Opt, new LoraOptions { Rank = 4 });
        Assert.All(part.Trained, tensor => Assert.Matches(@"^base_model\.model\.model\.decoder\.layers\.\d+\.self_attn\.[qv]_proj\.lora_[AB]\.weight$", tensor.Name));
        Assert.Equal(4 * Opt.Layers.Count, part.Trained.Count);
        Assert.Equal(Opt.Tensors.Count(), part.Frozen.Count);
    }

    [Fact]
    public void BitFit_TrainsBiasesAndShifts() => Assert.All(ModelPart.BitFit(Opt).Trained, tensor => Assert.EndsWith(".bias", tensor.Name, StringComparison.Ordinal));

    [Fact]
    public void Layers_TrainsTheseAlone() =>
        Assert.All(ModelPart.Layers(Opt, [1]).Trained, tensor => Assert.Contains(".layers.1.", tensor.Name, StringComparison.Ordinal));

    /// <summary>GPT-2 has a c_proj in either half of a layer.</summary>
    [Fact]
    public void Lora_OfAModuleThatIsNotThere_NamesEachOnce()
    {
        using var checkpoint = Checkpoint.Open(Path.Combine(ModelFolders.Opt, "..", "gpt2"));
        var error = Assert.Throws<BadInputException>(() => ModelPart.WithLora(ModelFamilies.Describe(checkpoint), new LoraOptions { Targets = ["q_proj"] }));
        Assert.EndsWith("it has c_attn, c_proj, c_fc", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Part_ThatTheModelHasNot_IsRefusedByName()
    {
        Assert.Contains("no_proj", Assert.Throws<BadInputException>(() => ModelPart.WithLora(Opt, new LoraOptions { Targets = ["q_proj", "no_proj"] })).Message);
        Assert.Contains("layer 40", Assert.Throws<BadInputException>(() => ModelPart.Layers(Opt, [0, 40])).Message);
        Assert.Contains("num_virtual_tokens", Assert.Throws<BadInputException>(() => ModelPart.WithPrefix(Opt, 159)).Message);
    }
}
