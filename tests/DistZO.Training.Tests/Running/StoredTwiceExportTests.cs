using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training.Tests;

public sealed class StoredTwiceExportTests
{
    /// <summary>Transformers unties a head whose two copies differ.</summary>
    [Theory]
    [InlineData("opt", "lm_head.weight", "model.decoder.embed_tokens.weight")]
    [InlineData("roberta", "lm_head.decoder.weight", "roberta.embeddings.word_embeddings.weight")]
    [InlineData("roberta", "lm_head.decoder.bias", "lm_head.bias")]
    public void Write_OfATensorThatIsStoredTwice_WritesTheTrainedValuesTwice(string family, string copy, string original)
    {
        using var folder = new TemporaryFolder();
        TinyModel.Write(folder["base"], seed: 2, family);
        var (shape, values) = TinyModel.ReadTensor(folder["base"], original);
        TinyModel.AddTensor(folder["base"], copy, shape, values);
        using var checkpoint = Checkpoint.Open(folder["base"]);
        using var device = new ReferenceDevice();
        using var model = ModelLoader.Load(device, checkpoint, WeightType.Float32);
        var updates = new UpdateHistory();
        updates.Append(new WeightUpdate(1f, [new UpdateDirection(7, 1e-2f)]));
        model.Fold(updates, 1);

        ModelExport.Write(model, checkpoint, folder["out"], saveType: null);

        var trained = TinyModel.ReadTensor(folder["out"], original).Values;
        Assert.NotEqual(values, trained);
        Assert.Equal(trained, TinyModel.ReadTensor(folder["out"], copy).Values);
    }
}
