using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Models.Tests;

public sealed class CheckpointWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Target => _folder["out"];

    [Theory]
    [Trait("Category", "Goldens")]
    [MemberData(nameof(ModelFolders.All), MemberType = typeof(ModelFolders))]
    public void Write_ReferenceModelUnchanged_GivesTheSameFilesByteForByte(string folder)
    {
        using var source = Checkpoint.Open(folder);

        CheckpointWriter.Write(source, Target, null, name => Stored(source, name, WeightType.Float32));

        string[] written = [.. source.Files.Select(file => Path.GetFileName(file.Path)), .. SideFiles.In(folder), Checkpoint.ConfigName];
        foreach (var name in written) AssertSameBytes(Path.Combine(folder, name), Path.Combine(Target, name));
        if (source.Index is not null)
        {
            written = [.. written, Checkpoint.IndexName];
            var index = JsonNode.Parse(File.ReadAllText(Path.Combine(Target, Checkpoint.IndexName)));
            Assert.True(JsonNode.DeepEquals(JsonNode.Parse(File.ReadAllText(source.Index.Path)), index));
        }

        Assert.Equal(written.Order(), Directory.GetFileSystemEntries(Target).Select(path => Path.GetFileName(path)!).Order());
    }

    [Fact]
    public void Write_OfManyTensorsInAnotherFormat_NeedsMemoryForOnePiece()
    {
        const int count = 40, elements = 1 << 19;
        Directory.CreateDirectory(_folder["base"]);
        File.WriteAllText(Path.Combine(_folder["base"], "config.json"), "{\"model_type\": \"opt\"}");
        var tensors = Enumerable.Range(0, count).Select(i => new TensorToWrite($"t{i:D2}", "F16", [elements], (_, destination) => destination.Clear()));
        SafetensorsWriter.Write(Path.Combine(_folder["base"], "model.safetensors"), [.. tensors], SafetensorsWriter.DefaultMetadata);
        using var source = Checkpoint.Open(_folder["base"]);
        var before = GC.GetAllocatedBytesForCurrentThread();

        CheckpointWriter.Write(source, Target, null, _ => new ExportedWeights(WeightType.Float32, (_, destination) => destination.Clear()));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Theory]
    [Trait("Category", "Goldens")]
    [MemberData(nameof(ModelFolders.All), MemberType = typeof(ModelFolders))]
    public void Write_ReferenceModelAsFloat32_KeepsEveryValueAndSaysSoInTheConfig(string folder)
    {
        using var source = Checkpoint.Open(folder);

        CheckpointWriter.Write(source, Target, WeightType.Float32, name => Stored(source, name, source.Find(name).WeightType));

        using var exported = Checkpoint.Open(Target);
        Assert.Equal(source.Tensors.Select(tensor => tensor.Name), exported.Tensors.Select(tensor => tensor.Name));
        foreach (var tensor in exported.Tensors)
        {
            Assert.Equal(WeightType.Float32, tensor.WeightType);
            var expected = new byte[tensor.Bytes];
            Stored(source, tensor.Name, WeightType.Float32).Read(0, expected);
            var actual = new byte[tensor.Bytes];
            tensor.Read(0, actual);
            Assert.True(expected.AsSpan().SequenceEqual(actual), tensor.Name);
        }

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, Checkpoint.ConfigName)))!.AsObject();
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = "float32";
        Assert.True(JsonNode.DeepEquals(config, JsonNode.Parse(File.ReadAllText(Path.Combine(Target, Checkpoint.ConfigName)))));
    }

    [Fact]
    public void Write_ShardsAsFloat32_KeepsTheLayoutAndCountsTheNewBytes()
    {
        TestModels.WriteSharded(_folder.Root);
        using var source = Checkpoint.Open(_folder.Root);

        CheckpointWriter.Write(source, Target, WeightType.Float32, name => Stored(source, name, WeightType.BFloat16));

        var index = JsonNode.Parse(File.ReadAllText(Path.Combine(Target, Checkpoint.IndexName)))!;
        Assert.Equal(24, (long)index["metadata"]!["total_size"]!);
        Assert.Equal(6, (long)index["metadata"]!["total_parameters"]!);
        Assert.Equal("s1", (string)index["weight_map"]!["c"]!);
        using var exported = Checkpoint.Open(Target);
        Assert.Equal(24, exported.Summary.Bytes);
    }

    [Fact]
    public void Write_NewWeights_AreRoundedToTheNearestEven()
    {
        TestModels.WriteSharded(_folder.Root);
        using var source = Checkpoint.Open(_folder.Root);
        float[] values = [1 + 1 / 256f, 1 + 3 / 256f];

        CheckpointWriter.Write(source, Target, null, name => name == "b" ? Floats(values) : null);

        using var exported = Checkpoint.Open(Target);
        var b = new byte[4];
        exported.Find("b").Read(0, b);
        Assert.Equal([0x80, 0x3F, 0x82, 0x3F], b);
        var a = new byte[4];
        exported.Find("a").Read(0, a);
        Assert.Equal([0, 1, 2, 3], a);
    }

    [Fact]
    public void Write_TensorThatIsNotOfTheModel_IsCopiedInItsOwnFormat()
    {
        var header = """
            {"mask": {"dtype": "U8", "shape": [2], "data_offsets": [8, 10]},
             "odd": {"dtype": "F16", "shape": [1], "data_offsets": [10, 12]},
             "w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
            """;
        File.WriteAllText(_folder[Checkpoint.ConfigName], "{}");
        File.WriteAllBytes(_folder[Checkpoint.SingleName], SafetensorsBytes.Build(header, 12));
        using var source = Checkpoint.Open(_folder.Root);

        CheckpointWriter.Write(source, Target, WeightType.BFloat16, name => name == "w" ? Floats([1, 2]) : null);

        using var exported = Checkpoint.Open(Target);
        Assert.Equal(["BF16", "U8", "F16"], exported.Tensors.Select(tensor => tensor.DType));
        var mask = new byte[2];
        exported.Find("mask").ReadBytes(0, mask);
        Assert.Equal([8, 9], mask);
        Assert.Equal("pt", exported.Files[0].Metadata["format"]);
    }

    [Fact]
    public void Write_IntoADirectoryWithARun_LeavesTheRunAlone()
    {
        using var source = Checkpoint.Open(ModelFolders.Opt);
        Directory.CreateDirectory(Path.Combine(Target, ".distzo"));
        File.WriteAllText(Path.Combine(Target, "run.zol"), "ledger");
        File.WriteAllText(Path.Combine(Target, Checkpoint.IndexName), "of an older export");

        CheckpointWriter.Write(source, Target, null, _ => null);

        Assert.Equal("ledger", File.ReadAllText(Path.Combine(Target, "run.zol")));
        Assert.True(Directory.Exists(Path.Combine(Target, ".distzo")));
        Assert.False(File.Exists(Path.Combine(Target, Checkpoint.IndexName)));
    }

    [Fact]
    public void Write_InterruptedOverAnOlderSingleFile_LeavesTheOlderModelWhole()
    {
        using var source = Checkpoint.Open(ModelFolders.Opt);
        CheckpointWriter.Write(source, Target, null, _ => null);

        Assert.Throws<RunFailedException>(() => CheckpointWriter.Write(source, Target, null, Interrupted));

        AssertSameBytes(Path.Combine(ModelFolders.Opt, Checkpoint.SingleName), Path.Combine(Target, Checkpoint.SingleName));
        Assert.Empty(Directory.GetFiles(Target, "*" + DurableFile.TemporarySuffix));
    }

    [Fact]
    public void Write_InterruptedOverOlderShards_LeavesNoMixtureThatLooksLikeAModel()
    {
        TestModels.WriteSharded(_folder.Root);
        using var source = Checkpoint.Open(_folder.Root);
        CheckpointWriter.Write(source, Target, null, _ => null);

        Assert.Throws<RunFailedException>(() => CheckpointWriter.Write(source, Target, null, Interrupted));

        Assert.Throws<BadInputException>(() => Checkpoint.Open(Target).Dispose());
    }

    [Fact]
    public void Write_OverTheBaseModelItself_IsRefused()
    {
        TestModels.CopyOpt(_folder.Root);
        Directory.CreateSymbolicLink(_folder["link"], _folder.Root);
        using var source = Checkpoint.Open(_folder.Root);

        foreach (var directory in new[] { _folder.Root, Path.Combine(_folder.Root, "link"), _folder.Root + "/./" })
        {
            var error = Assert.Throws<BadInputException>(() => CheckpointWriter.Write(source, directory, null, _ => null));
            Assert.Contains("is the base model's own directory", error.Message);
        }

        AssertSameBytes(Path.Combine(ModelFolders.Opt, Checkpoint.SingleName), _folder[Checkpoint.SingleName]);
        Assert.Equal(4, Directory.GetFileSystemEntries(_folder.Root).Length);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/below")]
    public void Write_WhereAFileIsInTheWay_IsBadInput(string directory)
    {
        File.WriteAllText(_folder["file"], "");
        using var source = Checkpoint.Open(ModelFolders.Opt);

        var error = Assert.Throws<BadInputException>(() => CheckpointWriter.Write(source, _folder[directory], null, _ => null));

        Assert.Contains(_folder[directory], error.Message);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The source's own weights, as a run that holds them in another format would give them.</summary>
    private static ExportedWeights Stored(Checkpoint source, string name, WeightType held) => new(held, (element, destination) =>
    {
        var tensor = source.Find(name);
        var bytes = new byte[destination.Length / held.Size() * tensor.WeightType.Size()];
        tensor.Read(element, bytes);
        WeightConversion.Convert(bytes, tensor.WeightType, destination, held);
    });

    private static ExportedWeights Floats(float[] values) => new(WeightType.Float32, (element, destination) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan((int)element, destination.Length / 4)).CopyTo(destination));

    private static ExportedWeights? Interrupted(string name) =>
        new(WeightType.Float32, (_, _) => throw new IOException("No space left on device", 28));

    private static void AssertSameBytes(string expected, string actual) =>
        Assert.True(File.ReadAllBytes(expected).AsSpan().SequenceEqual(File.ReadAllBytes(actual)), $"{actual} differs from {expected}");
}
