using DistZO.Devices;

namespace DistZO.Models.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [Trait("Category", "Goldens")]
    [MemberData(nameof(ModelFolders.All), MemberType = typeof(ModelFolders))]
    public void Open_ReferenceModel_GivesEveryTensorOfItsFiles(string folder)
    {
        using var checkpoint = Checkpoint.Open(folder);

        Assert.NotEmpty(checkpoint.Config.GetString("model_type"));
        Assert.NotEmpty(checkpoint.Tensors);
        foreach (var tensor in checkpoint.Tensors)
        {
            Assert.True(checkpoint.TryGet(tensor.Name, out var same) && same == tensor);
            Assert.Equal(tensor.Bytes, tensor.Elements * tensor.WeightType.Size());
            tensor.Read(0, new byte[tensor.Bytes]);
        }
    }

    [Fact]
    public void Open_SingleFile_IgnoresOtherWeightsInTheFolder()
    {
        TestModels.CopyOpt(_folder.Root);
        File.WriteAllText(_folder["other.safetensors"], "not even a header");
        File.WriteAllText(_folder["pytorch_model.bin"], "pickle");
        File.WriteAllText(_folder[Checkpoint.IndexName], "not read, as a single file goes first");

        using var checkpoint = Checkpoint.Open(_folder.Root);

        Assert.Equal([_folder[Checkpoint.SingleName]], checkpoint.Files.Select(file => file.Path));
    }

    [Fact]
    public void Open_Shards_GivesTheTensorsOfAll()
    {
        TestModels.WriteSharded(_folder.Root);

        using var checkpoint = Checkpoint.Open(_folder.Root);

        Assert.Equal(["c", "a", "b"], checkpoint.Tensors.Select(tensor => tensor.Name));
        Assert.Equal((3, 6L, 12L), (checkpoint.Summary.Tensors, checkpoint.Summary.Parameters, checkpoint.Summary.Bytes));
        Assert.True(checkpoint.TryGet("b", out var b));
        var last = new byte[2];
        b.Read(1, last);
        Assert.Equal([6, 7], last);
    }

    [Fact]
    public void Open_NoDirectory_SaysWhatToGive() => AssertRefused(_folder["no/such"], "is not a directory; give the folder");

    [Fact]
    public void Open_NoConfig_NamesIt() => AssertRefused(_folder.Root, "config.json' (Could not find file");

    [Fact]
    public void Open_NoWeights_NamesBothPossibleFiles()
    {
        File.WriteAllText(_folder["config.json"], "{}");

        AssertRefused(_folder.Root, "holds neither model.safetensors nor model.safetensors.index.json");
    }

    [Fact]
    public void Open_OnlyPickledWeights_SaysWhyNotAndHowToConvert()
    {
        File.WriteAllText(_folder["config.json"], "{}");
        File.WriteAllText(_folder["pytorch_model.bin"], "pickle");

        AssertRefused(_folder.Root, "pytorch_model.bin' holds pickled weights", "save_pretrained");
    }

    [Theory]
    [InlineData("{", "index.json': it is not valid JSON at line 1, column 2")]
    [InlineData("[]", "it is not a JSON object")]
    [InlineData("""{"weight_map":[]}""", "it has no object 'weight_map'")]
    [InlineData("""{"weight_map":{}}""", "its 'weight_map' is empty")]
    [InlineData("""{"weight_map":{"a":1}}""", "the shard of 'a' is not a text")]
    [InlineData("""{"weight_map":{"a":"x","a":"y"}}""", "it is not valid JSON")]
    [InlineData("""{"weight_map":{"a":"../x.safetensors"}}""", "\"../x.safetensors\", not the name of a file beside it")]
    [InlineData("""{"weight_map":{"a":"/etc/passwd"}}""", "\"/etc/passwd\", not the name of a file beside it")]
    [InlineData("""{"weight_map":{"a":".."}}""", "\"..\", not the name of a file beside it")]
    [InlineData("""{"weight_map":{"a":"C:\\x"}}""", "not the name of a file beside it")]
    [InlineData("""{"weight_map":{"a":""}}""", "\"\", not the name of a file beside it")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""", "a string in it is not valid Unicode")]
    [InlineData("""{"weight_map":{"a":"s2","b":"s2","c":"s1","d":"s3"}}""", "s3' is missing, though")]
    [InlineData("""{"weight_map":{"a":"s2","b":"s2","c":"s1","d":"s1"}}""", "tensor 'd' is listed in 's1', but is not there")]
    [InlineData("""{"weight_map":{"a":"s1","b":"s2","c":"s1"}}""", "tensor 'a' is listed in 's1', but is not there")]
    [InlineData("""{"weight_map":{"a":"s2","c":"s1"}}""", "tensor 'b' of 's2' is not listed")]
    [InlineData("""{"weight_map":{"a":"s2","b":"s2","c":"s1","d":"s1-again"}}""", "tensor 'c' is also in 's1'")]
    public void Open_IndexThatLies_IsOneClearError(string index, string what)
    {
        TestModels.WriteSharded(_folder.Root);
        File.Copy(_folder["s1"], _folder["s1-again"]);
        File.WriteAllText(_folder[Checkpoint.IndexName], index);

        AssertRefused(_folder.Root, what);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(500)]
    [InlineData(461455)]
    public void Open_TruncatedWeights_NamesTheFile(int bytes)
    {
        TestModels.CopyOpt(_folder.Root);
        using (var file = new FileStream(_folder[Checkpoint.SingleName], FileMode.Open)) file.SetLength(bytes);

        AssertRefused(_folder.Root, "model.safetensors' is not a sound safetensors file");
    }

    [Fact]
    public void WeightType_OfAnIntegerTensor_IsRefusedByName()
    {
        File.WriteAllText(_folder["config.json"], "{}");
        var header = """{"mask":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}""";
        File.WriteAllBytes(_folder[Checkpoint.SingleName], SafetensorsBytes.Build(header, 2));
        using var checkpoint = Checkpoint.Open(_folder.Root);

        var error = Assert.Throws<BadInputException>(() => checkpoint.Tensors[0].WeightType);

        Assert.Contains("tensor 'mask' is U8, and weights must be F32, BF16 or F16", error.Message);
    }

    [Fact]
    public void SideFiles_OfAFolder_AreTheKnownOnesThatAreThere()
    {
        string[] names = ["tokenizer.json", "chat_template.jinja", "LICENSE.txt", "generation_config.json", "config.json", "run.zol"];
        foreach (var name in names) File.WriteAllText(_folder[name], "");

        Assert.Equal(["LICENSE.txt", "chat_template.jinja", "generation_config.json", "tokenizer.json"], SideFiles.In(_folder.Root));
    }

    public void Dispose() => _folder.Dispose();

    private static void AssertRefused(string folder, params string[] what)
    {
        var error = Assert.Throws<BadInputException>(() => Checkpoint.Open(folder).Dispose());
        Assert.All(what, part => Assert.Contains(part, error.Message));
        Assert.DoesNotContain('\n', error.Message);
    }
}
