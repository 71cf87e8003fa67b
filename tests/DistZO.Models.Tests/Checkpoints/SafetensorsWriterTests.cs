using System.Text;
using DistZO.Devices;

namespace DistZO.Models.Tests;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Write_SmallFile_GivesTheseBytes()
    {
        var tensors = SafetensorsWriter.InStandardOrder([Tensor("b", "BF16", 2), Tensor("a", "BF16", 1), Tensor("w", "F32", 1, 1)]);

        SafetensorsWriter.Write(_folder["m"], tensors, SafetensorsWriter.DefaultMetadata);

        var header = """{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}"""
            + ""","a":{"dtype":"BF16","shape":[1],"data_offsets":[4,6]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[6,10]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] expected = [(byte)padded.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(padded), 0, 1, 2, 3, 0, 1, 0, 1, 2, 3];
        Assert.Equal(expected, File.ReadAllBytes(_folder["m"]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    [InlineData(3 << 20)]
    public void Write_AnySize_ReadsBackTheSame(int bytes)
    {
        SafetensorsWriter.Write(_folder["m"], [Tensor("é\"\n", "U8", bytes), Tensor("scalar", "F64")], new Dictionary<string, string>());

        using var file = SafetensorsFile.Open(_folder["m"]);
        Assert.Equal(["é\"\n", "scalar"], file.Entries.Select(entry => entry.Name));
        Assert.Equal(Enumerable.Range(0, bytes).Select(i => (byte)i), SafetensorsBytes.ReadAll(file, file.Entries[0]));
        Assert.Equal(Enumerable.Range(0, 8).Select(i => (byte)i), SafetensorsBytes.ReadAll(file, file.Entries[1]));
        Assert.Empty(file.Metadata);
    }

    [Fact]
    public void Write_WhereNothingCanBeWritten_IsBadInputThatNamesThePath()
    {
        var path = Path.Combine(_folder["missing"], "m");

        var error = Assert.Throws<BadInputException>(() => SafetensorsWriter.Write(path, [], SafetensorsWriter.DefaultMetadata));

        Assert.Contains(path, error.Message);
    }

    public void Dispose() => _folder.Dispose();

    private static TensorToWrite Tensor(string name, string type, params long[] shape) => new(name, type, shape, (offset, destination) =>
    {
        for (var i = 0; i < destination.Length; i++) destination[i] = (byte)(offset + i);
    });
}
