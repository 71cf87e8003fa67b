using DistZO.Devices.Cpu;
using static DistZO.Devices.Tests.SampleBlocks;

namespace DistZO.Devices.Tests;

public sealed class DiskBlockTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(3, 2, true)]
    [InlineData(3, 0, true)]
    [InlineData(0, 2, true)]
    [InlineData(0, 0, true)]
    [InlineData(1, 1, false)]
    [InlineData(2500, 1700, true)]
    [InlineData(2500, 1700, false)]
    public void Read_AfterFillingAndReopening_GivesWhatWasWritten(int trainedPages, int frozenPages, bool direct)
    {
        var layout = Layout("block", trainedPages, frozenPages);
        using (var blocks = Open(direct, layout))
        {
            Assert.Null(blocks[0].Version);
            Fill(blocks[0], piecePages: trainedPages > 100 ? 4096 : 2);
            AssertHolds(blocks[0], 0);
        }

        using var again = Open(direct, layout);
        Assert.NotNull(again[0].Version);
        AssertHolds(again[0], 0);
        Assert.Empty(again.Notices);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(0, 1)]
    [InlineData(2, 0)]
    public void Commit_StepAfterStep_TheNewestIsReadAndTheOneBeforeIsKept(int trainedPages, int frozenPages)
    {
        var layout = Layout("block", trainedPages, frozenPages);
        using (var blocks = new OpenedBlocks(_folder.Root, layout)) Fill(blocks[0]);
        for (var step = 1; step <= 4; step++)
        {
            using (var blocks = new OpenedBlocks(_folder.Root, layout))
            {
                AssertHolds(blocks[0], step - 1);
                Advance(blocks[0], step);
                AssertHolds(blocks[0], step);
            }

            // A ledger that lost its last step: where there are weights that differ, the version before is taken.
            using var older = new OpenedBlocks(_folder.Root, [layout], Origin, version => version.Step < step);
            Assert.Equal(trainedPages > 0 ? step - 1 : step, older[0].Version!.Value.Step);
            AssertHolds(older[0], older[0].Version!.Value.Step);
        }
    }

    [Fact]
    public void Write_UntilItIsCommitted_IsNotRead()
    {
        var layout = Layout("block", 2, 1);
        using (var blocks = new OpenedBlocks(_folder.Root, layout))
        {
            Fill(blocks[0]);
            blocks[0].Write(0, Trained(blocks[0], 1));
            AssertHolds(blocks[0], 0);
        }

        using var again = new OpenedBlocks(_folder.Root, layout);
        AssertHolds(again[0], 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_AnyBytesToAnywhere_AreThoseOfTheBlock(bool direct)
    {
        using var blocks = Open(direct, Layout("block", 2, 2));
        Fill(blocks[0]);
        byte[] all = [.. Trained(blocks[0], 0), .. Frozen(blocks[0])];
        foreach (var offset in (int[])[0, 1, Page - 1, Page, 2 * Page - 3, 2 * Page, 3 * Page + 5])
        {
            foreach (var count in (int[])[0, 1, 7, Page - 1, Page, Page + 1, 2 * Page, 4 * Page])
            {
                if (offset + count > all.Length) continue;
                foreach (var shift in (int[])[0, 1, 64])
                {
                    using var memory = new AlignedBuffer(count + 128);
                    memory.Span.Fill(0xEE);
                    blocks[0].Read(offset, memory.Span.Slice(shift, count));
                    Assert.True(memory.Span.Slice(shift, count).SequenceEqual(all.AsSpan(offset, count)));
                    Assert.False(memory.Span[(shift + count)..].ContainsAnyExcept((byte)0xEE));
                    Assert.False(memory.Span[..shift].ContainsAnyExcept((byte)0xEE));
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    public void Write_FromAnywhere_IsWhatIsRead(int shift)
    {
        using var blocks = new OpenedBlocks(_folder.Root, Layout("block", 3, 1));
        Fill(blocks[0]);
        using var memory = new AlignedBuffer(4 * Page);
        Trained(blocks[0], 1).CopyTo(memory.Span[shift..]);

        blocks[0].Write(0, memory.Span.Slice(shift, 3 * Page));
        blocks[0].Commit(Version(1));

        AssertHolds(blocks[0], 1);
    }

    [Fact]
    public void Calls_ThatBreakTheContract_AreRefused()
    {
        using var blocks = new OpenedBlocks(_folder.Root, Layout("block", 2, 1));
        var block = blocks[0];
        var page = new byte[Page];

        Assert.Throws<InvalidOperationException>(() => block.Read(0, page));
        Assert.Throws<InvalidOperationException>(() => block.Commit(Version(0)));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Write(1, page));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Write(0, page.AsSpan(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Write(3 * Page, page));
        Fill(block);
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Read((2 * Page) + 1, page));
        Assert.Throws<ArgumentOutOfRangeException>(() => block.Read(-1, page));
        Assert.Throws<InvalidOperationException>(() => block.Write(2 * Page, page));
        block.Write(0, page);
        Assert.Throws<InvalidOperationException>(() => block.Write(0, page));
        Assert.Throws<InvalidOperationException>(() => block.Commit(Version(1)));
        AssertHolds(block, 0);
    }

    [Fact]
    public void Streams_ThatUploadOneBlockAndWriteAnother_MoveTheBytesOfBoth()
    {
        using var blocks = new OpenedBlocks(_folder.Root, Layout("a", 1500, 500), Layout("b", 1500, 500));
        foreach (var i in (int[])[0, 1]) Fill(blocks[i], piecePages: 1000);
        using var device = CpuDevice.Open(1);
        using var upload = device.CreateStream(new StreamOptions("upload"));
        using var back = device.CreateStream(new StreamOptions("write-back"));
        using var up = device.Allocate(blocks[0].Bytes);
        using var down = device.Allocate(blocks[1].TrainedBytes);
        for (var step = 1; step <= 3; step++)
        {
            device.Upload(Trained(blocks[1], step), down, 0);
            upload.Upload(blocks[0], 0, up, 0, blocks[0].Bytes);
            back.Download(down, 0, blocks[1], 0, blocks[1].TrainedBytes);
            back.Commit(blocks[1], Version(step));
            upload.Record().Synchronize();
            back.Record().Synchronize();
        }

        var read = new byte[up.Bytes];
        device.Download(up, 0, read);
        Assert.True(read.AsSpan().SequenceEqual((byte[])[.. Trained(blocks[0], 0), .. Frozen(blocks[0])]));
        AssertHolds(blocks[1], 3);
    }

    public void Dispose() => _folder.Dispose();

    private OpenedBlocks Open(bool direct, BlockLayout layout) =>
        new(_folder.Root, [layout], Origin, version => version == Version(version.Step), direct);
}
