using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Models.Tests;

/// <summary>Nothing that a checkpoint stores is ignored: it is part of the model, an equal copy of a part, or known to be of no use.</summary>
public sealed class StoredTensorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("num_hidden_layers", "1", "layers.1.")]
    [InlineData("enable_bias", "false", ".bias")]
    [InlineData("layer_norm_elementwise_affine", "false", "layer_norm")]
    [InlineData("_remove_final_layer_norm", "true", "final_layer_norm")]
    public void Describe_AConfigThatAsksForLess_NamesWhatItWouldIgnore(string key, string value, string name)
    {
        TestModels.CopyOpt(_folder.Root);
        Set(key, JsonNode.Parse(value)!);
        using var checkpoint = Checkpoint.Open(_folder.Root);

        var error = Assert.Throws<BadInputException>(() => ModelFamilies.Describe(checkpoint));

        Assert.StartsWith($"'{_folder[Checkpoint.ConfigName]}': the opt model of", error.Message);
        Assert.Contains(name, error.Message);
    }

    [Theory]
    [InlineData("opt", "model.decoder.version")]
    [InlineData("gpt2", "transformer.h.0.attn.bias")]
    [InlineData("gpt2", "transformer.h.1.attn.masked_bias")]
    [InlineData("mistral", "model.layers.0.self_attn.rotary_emb.inv_freq")]
    [InlineData("roberta", "roberta.embeddings.position_ids")]
    [InlineData("roberta", "roberta.pooler.dense.weight")]
    public void Describe_WhatTransformersPassesOverToo_IsAllowed(string family, string name)
    {
        Write(family, name, [1, 2], 3, 4);
        using var checkpoint = Checkpoint.Open(_folder.Root);
        ModelFamilies.Describe(checkpoint);
    }

    [Theory]
    [InlineData("opt", "lm_head.weight", "model.decoder.embed_tokens.weight")]
    [InlineData("gpt2", "lm_head.weight", "transformer.wte.weight")]
    [InlineData("qwen3", "lm_head.weight", "model.embed_tokens.weight")]
    [InlineData("roberta", "lm_head.decoder.weight", "roberta.embeddings.word_embeddings.weight")]
    [InlineData("roberta", "lm_head.decoder.bias", "lm_head.bias")]
    public void Load_ATensorStoredTwice_MustBeEqual(string family, string copy, string original)
    {
        TinyModel.Write(_folder["plain"], seed: 3, family);
        var (shape, values) = TinyModel.ReadTensor(_folder["plain"], original);
        using var device = new ReferenceDevice();

        Write(family, copy, shape, values);
        using (var checkpoint = Checkpoint.Open(_folder.Root)) ModelLoader.Load(device, checkpoint, WeightType.Float32).Dispose();

        values[^1]++;
        Write(family, copy, shape, values);
        using var differing = Checkpoint.Open(_folder.Root);
        var error = Assert.Throws<BadInputException>(() => ModelLoader.Load(device, differing, WeightType.Float32));
        Assert.Contains($"'{copy}' differs from '{original}'", error.Message);
        Assert.Equal(copy.EndsWith("weight", StringComparison.Ordinal), error.Message.Contains("'tie_word_embeddings' to false", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ModelFolders.All), MemberType = typeof(ModelFolders))]
    public void Describe_TheReferenceModels_UsesAllThatTheyStore(string folder)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var architecture = ModelFamilies.Describe(checkpoint);
        Assert.Equal(checkpoint.Tensors.Select(tensor => tensor.Name).Order(), architecture.Tensors.Select(tensor => tensor.Name).Order());
    }

    public void Dispose() => _folder.Dispose();

    private void Set(string key, JsonNode value)
    {
        var config = JsonNode.Parse(File.ReadAllText(_folder[Checkpoint.ConfigName]))!;
        config[key] = value;
        File.WriteAllText(_folder[Checkpoint.ConfigName], config.ToJsonString());
    }

    /// <summary>A tiny model that stores one tensor more.</summary>
    private void Write(string family, string name, long[] shape, params float[] values)
    {
        TinyModel.Write(_folder.Root, seed: 3, family);
        TinyModel.AddTensor(_folder.Root, name, shape, values);
    }
}
