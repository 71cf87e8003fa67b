using DistZO.Devices;

namespace DistZO.Devices.Tests;

public sealed class DurableFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void WriteAtomically_ExistingFile_IsReplacedAndNothingElseIsLeft()
    {
        File.WriteAllText(_folder["a"], "a much longer old content");

        DurableFile.WriteAtomically(_folder["a"], s => s.Write("new"u8), bytes: 3);

        Assert.Equal("new", File.ReadAllText(_folder["a"]));
        Assert.Equal([_folder["a"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void WriteAtomically_WriterThrows_OldFileStaysAndTemporaryIsGone()
    {
        File.WriteAllText(_folder["a"], "old");

        Assert.Throws<InvalidOperationException>(() => DurableFile.WriteAtomically(_folder["a"], s =>
        {
            s.Write("half"u8);
            throw new InvalidOperationException();
        }));

        Assert.Equal("old", File.ReadAllText(_folder["a"]));
        Assert.Equal([_folder["a"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void WriteAtomically_LeftoverOfACrash_IsOverwritten()
    {
        File.WriteAllText(_folder["a" + DurableFile.TemporarySuffix], "a long leftover of an interrupted write");

        DurableFile.WriteAtomically(_folder["a"], s => s.Write("new"u8));

        Assert.Equal("new", File.ReadAllText(_folder["a"]));
        Assert.Equal([_folder["a"]], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void WriteAtomically_SymbolicLink_ReplacesTheLinkNotItsTarget()
    {
        File.WriteAllText(_folder["target"], "untouched");
        File.CreateSymbolicLink(_folder["link"], _folder["target"]);

        DurableFile.WriteAtomically(_folder["link"], s => s.Write("new"u8));

        Assert.Equal("untouched", File.ReadAllText(_folder["target"]));
        Assert.Equal("new", File.ReadAllText(_folder["link"]));
    }

    [Fact]
    public void WriteAtomically_MissingDirectory_IsBadInputThatNamesThePath()
    {
        var path = Path.Combine(_folder["missing"], "a");

        var error = Assert.Throws<BadInputException>(() => DurableFile.WriteAtomically(path, _ => { }));

        Assert.Contains($"'{path}'", error.Message);
    }

    [Fact]
    public void WriteAtomically_FullDisk_IsAFailedRunThatNamesThePathAndTheBytes()
    {
        var error = Assert.Throws<RunFailedException>(() => DurableFile.WriteAtomically(
            _folder["a"], _ => throw new IOException("No space left on device", 28), bytes: 1234567));

        Assert.Contains($"'{_folder["a"]}'", error.Message);
        Assert.Contains("1,234,567 bytes", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void SyncDirectory_MissingDirectory_FailsByName()
    {
        var error = Assert.Throws<RunFailedException>(() => DurableFile.SyncDirectory(_folder["missing"]));

        Assert.Contains(_folder["missing"], error.Message);
    }

    public void Dispose() => _folder.Dispose();
}
