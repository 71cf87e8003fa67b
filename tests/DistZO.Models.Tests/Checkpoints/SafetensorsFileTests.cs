using DistZO.Devices;

namespace DistZO.Models.Tests;

public sealed class SafetensorsFileTests : IDisposable
{
    private const string Sound = """
        {"__metadata__":{"format":"pt"},
         "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},
         "a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_SoundFile_GivesTensorsInOrderOfTheirBytes()
    {
        using var file = Open(SafetensorsBytes.Build(Sound, 12));

        Assert.Equal(["a", "b"], file.Entries.Select(entry => entry.Name));
        Assert.Equal([1L, 2L], file.Find("a")!.Shape);
        Assert.Equal("BF16", file.Find("a")!.DType);
        Assert.Null(file.Find("c"));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([0, 1, 2, 3], SafetensorsBytes.ReadAll(file, file.Find("a")!));
        Assert.Equal([4, 5, 6, 7, 8, 9, 10, 11], SafetensorsBytes.ReadAll(file, file.Find("b")!));
    }

    [Fact]
    public void Read_Part_GivesJustThatPart()
    {
        using var file = Open(SafetensorsBytes.Build(Sound, 12));
        var part = new byte[3];

        file.Read(file.Find("b")!, 2, part);

        Assert.Equal([6, 7, 8], part);
    }

    [SkippableFact]
    public void DropCachedPages_AfterReading_LeavesNothingInThePageCacheAndReadsOn()
    {
        using var file = Open(SafetensorsBytes.Build(Sound, 12));
        Skip.If(!DirectFile.IsSupportedIn(_folder.Root) || new DriveInfo(_folder.Root).DriveFormat == "tmpfs", $"'{_folder.Root}' is not on a disk");
        using (var written = File.OpenHandle(file.Path, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(written);
        Assert.Equal([0, 1, 2, 3], SafetensorsBytes.ReadAll(file, file.Find("a")!));
        Assert.Equal(1, CachedPages.Of(file.Path));

        file.DropCachedPages();

        Assert.Equal(0, CachedPages.Of(file.Path));
        Assert.Equal([0, 1, 2, 3], SafetensorsBytes.ReadAll(file, file.Find("a")!));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(8, 1)]
    [InlineData(0, 9)]
    [InlineData(long.MaxValue, 1)]
    public void Read_OutsideOfTheTensor_Throws(long offset, int length)
    {
        using var file = Open(SafetensorsBytes.Build(Sound, 12));

        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(file.Find("b")!, offset, new byte[length]));
    }

    [Fact]
    public void Read_FileCutWhileOpen_IsBadInput()
    {
        using var file = Open(SafetensorsBytes.Build(Sound, 12));
        using (var cut = new FileStream(file.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) cut.SetLength(file.Bytes - 1);

        var error = Assert.Throws<BadInputException>(() => SafetensorsBytes.ReadAll(file, file.Find("b")!));

        Assert.Contains("tensor 'b': the file was cut short", error.Message);
    }

    [Theory]
    [InlineData("""{}""", 0, 0)]
    [InlineData("""{}  """, 0, 0)]
    [InlineData("""{"__metadata__":{}}""", 0, 0)]
    [InlineData("""{"a":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}""", 8, 1)]
    [InlineData("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", 0, 1)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}""", 1, 2)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[0],"data_offsets":[1,1]}}""", 1, 2)]
    [InlineData("""{"a":{"dtype":"F4","shape":[3,2],"data_offsets":[0,3]}}""", 3, 1)]
    [InlineData("""{"a":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}""", 3, 1)]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"new_field":{"x":[1,{}]}}}""", 1, 1)]
    [InlineData("""{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, 1)]
    public void Open_UnusualButValid_IsRead(string header, int dataBytes, int tensors)
    {
        using var file = Open(SafetensorsBytes.Build(header, dataBytes));

        Assert.Equal(tensors, file.Entries.Count);
    }

    [Theory]
    [InlineData("""["a"]""", 0, "does not begin with '{'")]
    [InlineData(""" {}""", 0, "does not begin with '{'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],""", 0, "not valid JSON near byte")]
    [InlineData("""{} {}""", 0, "not valid JSON near byte")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "not valid JSON near byte")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}""", 0, "holds 'a' twice")]
    [InlineData("""{"a":1}""", 0, "'a' in its header is not an object")]
    [InlineData("""{"__metadata__":{"format":1}}""", 0, "'format' in __metadata__ is not a string")]
    [InlineData("""{"__metadata__":{"x":"","x":""}}""", 0, "__metadata__ holds 'x' twice")]
    [InlineData("""{"__metadata__":"pt"}""", 0, "'__metadata__' in its header is not an object")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1]}}""", 1, "tensor 'a': 'dtype', 'shape' or 'data_offsets' is missing")]
    [InlineData("""{"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "tensor 'a': 'dtype' stands twice")]
    [InlineData("""{"a":{"dtype":8,"shape":[1],"data_offsets":[0,1]}}""", 1, "tensor 'a': 'dtype' is not a string")]
    [InlineData("""{"a":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}""", 1, "tensor 'a': the dtype 'F8' is unknown")]
    [InlineData("""{"a":{"dtype":"U8","shape":1,"data_offsets":[0,1]}}""", 1, "tensor 'a': 'shape' is not a list")]
    [InlineData("""{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", 1, "tensor 'a': 'shape' holds something")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", 1, "tensor 'a': 'shape' holds something")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}""", 1, "tensor 'a': 'data_offsets' has 3 numbers")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}""", 1, "tensor 'a': it ends (0) before it begins (1)")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "tensor 'a': F32 [3] takes 12 bytes")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "tensor 'a': F4 [3] does not fill whole bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "overflows")]
    [InlineData("""{"a":{"dtype":"F64","shape":[9223372036854775807],"data_offsets":[0,0]}}""", 0, "overflows")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""", 0, "large")]
    [InlineData("""{"a":{"dtype":"I16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "lap")]
    [InlineData("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "hole after 0")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 3, "only 3 are left in the file (cut short)")]
    [InlineData("""{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}""", 5, "tensors end at byte 4 of the data, but the file has 5")]
    [InlineData("""{"a\nb\u001b":1}""", 0, "'a\uFFFDb\uFFFD' in its header is not an object")]
    [InlineData("""{}""", 1, "tensors end at byte 0 of the data, but the file has 1")]
    public void Open_HeaderThatLies_IsOneClearError(string header, int dataBytes, string what) =>
        AssertRefused(SafetensorsBytes.Build(header, dataBytes), what);

    [Fact]
    public void Open_HeaderThatIsNotUtf8_IsRefused() =>
        AssertRefused(SafetensorsBytes.Build([.. "{\""u8, 0xFF, .. "\":{}}"u8], 0), "not valid UTF-8");

    [Theory]
    [InlineData(new byte[0], "it has 0 bytes")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0 }, "it has 7 bytes")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0 }, "does not begin with '{'")]
    [InlineData(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0, (byte)'{', (byte)'}' }, "claims 3 bytes, but only 2 follow")]
    [InlineData(new byte[] { 1, 0xE1, 0xF5, 5, 0, 0, 0, 0, (byte)'{' }, "claims 100000001 bytes, more than the allowed 100000000")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, (byte)'{' }, "claims 18446744073709551615 bytes")]
    public void Open_LengthThatLies_IsOneClearError(byte[] file, string what) => AssertRefused(file, what);

    [Fact]
    public void Open_GitLfsPointer_SaysHowToFetchTheWeights()
    {
        File.WriteAllText(_folder["m"], "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");

        var error = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder["m"]));

        Assert.Contains("git lfs pull", error.Message);
    }

    [Fact]
    public void Open_MissingFileOrDirectory_IsBadInputThatNamesIt()
    {
        Assert.Contains(_folder["no"], Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder["no"])).Message);
        Assert.Contains(_folder.Root, Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder.Root)).Message);
    }

    [Fact]
    public void Summarize_MixedTypes_CountsEach()
    {
        using var file = Open(SafetensorsBytes.Build(Sound, 12));

        var summary = file.Summarize();

        Assert.Equal((2, 4L, 12L), (summary.Tensors, summary.Parameters, summary.Bytes));
        Assert.Equal([new("BF16", 2), new("F32", 2)], summary.ParametersByType);
    }

    public void Dispose() => _folder.Dispose();

    private SafetensorsFile Open(byte[] bytes)
    {
        File.WriteAllBytes(_folder["model.safetensors"], bytes);
        return SafetensorsFile.Open(_folder["model.safetensors"]);
    }

    private void AssertRefused(byte[] file, string what)
    {
        var error = Assert.Throws<BadInputException>(() => Open(file));
        Assert.StartsWith($"'{_folder["model.safetensors"]}' is not a sound safetensors file: ", error.Message);
        Assert.Contains(what, error.Message);
        Assert.EndsWith("; download or copy it again", error.Message);
    }
}
