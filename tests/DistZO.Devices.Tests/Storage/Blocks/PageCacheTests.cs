using static DistZO.Devices.Tests.SampleBlocks;

namespace DistZO.Devices.Tests;

public sealed class PageCacheTests : IDisposable
{
    private const int Pages = 2000;

    private readonly TemporaryFolder _folder = new();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Block_WrittenReadAndOpenedAgain_LeavesNothingInThePageCache(bool direct)
    {
        RequireDisk();
        var layouts = new[] { Layout("block", Pages / 2, Pages / 2) };
        using (var blocks = new OpenedBlocks(_folder.Root, layouts, Origin, _ => true, direct))
        {
            Fill(blocks[0], piecePages: 512);
            Advance(blocks[0], 1);
            AssertHolds(blocks[0], 1);
        }

        using (var blocks = new OpenedBlocks(_folder.Root, layouts, Origin, _ => true, direct)) AssertHolds(blocks[0], 1);

        // Without direct I/O the last headers, and what the system reads ahead, may stay.
        Assert.InRange(CachedPages.Of(Assert.Single(Directory.GetFiles(_folder.Root, "*.distzo-block"))), 0, direct ? 0 : 100);
    }

    [SkippableFact]
    public void Drop_FileThatWasRead_IsOutOfThePageCacheAndStillReads()
    {
        RequireDisk();
        File.WriteAllBytes(_folder["file"], Bytes(Pages * Page, 1));
        using var file = File.OpenHandle(_folder["file"], FileMode.Open, FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
        Assert.Equal(Pages, CachedPages.Of(_folder["file"]));

        PageCache.Drop(file);
        Assert.Equal(0, CachedPages.Of(_folder["file"]));

        Assert.True(Bytes(Pages * Page, 1).AsSpan().SequenceEqual(File.ReadAllBytes(_folder["file"])));
    }

    public void Dispose() => _folder.Dispose();

    private void RequireDisk() => Skip.If(
        !OperatingSystem.IsLinux() || new DriveInfo(_folder.Root).DriveFormat is "tmpfs" or "ramfs" || !DirectFile.IsSupportedIn(_folder.Root),
        $"'{_folder.Root}' is not on a disk with direct I/O");
}
