using static DistZO.Devices.Tests.SampleBlocks;

namespace DistZO.Devices.Tests;

/// <summary>Kills and power cuts at any moment of a write, on a disk that keeps any part of what was not flushed.</summary>
public sealed class TornBlockTests : IDisposable
{
    private const int TrainedPages = 3;
    private static readonly int[] Cuts = [0, 1, 8, 64, 80, 88, 511, 512, 1024, 2048, 4091, 4092, 4095, Page, int.MaxValue];

    private readonly IoLanes _lanes = new(1);
    private readonly BlockPlan _plan = new(Layout("block", TrainedPages, 2), 0, Origin);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Advance_KilledAnywhere_LeavesTheVersionBeforeOrTheNewOne(int step)
    {
        var file = WrittenTo(step);
        var kills = 0;
        for (var write = 0; write < file.Unflushed.Count; write++)
        {
            foreach (var cut in Cuts)
            {
                var left = Find(file.After(i => i < write ? int.MaxValue : i == write ? cut : 0));
                var isWhole = write == file.Unflushed.Count - 1 && cut >= Page;
                AssertHolds(left, isWhole ? step : step - 1);
                kills++;
            }
        }

        Assert.Equal((TrainedPages + 1) * Cuts.Length, kills);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Advance_PowerCutThatKeepsAnyWrites_LeavesTheVersionBeforeOrTheNewOne(int step)
    {
        var file = WrittenTo(step);
        for (var kept = 0; kept < 1 << file.Unflushed.Count; kept++)
        {
            foreach (var cut in Cuts)
            {
                var left = Find(file.After(i => (kept >> i & 1) != 0 ? int.MaxValue : cut));
                var isWhole = kept == (1 << file.Unflushed.Count) - 1 || cut >= Page;
                // A header whose last bytes are zeros anyway is whole without them: then all depends on the data.
                AssertHolds(left, isWhole ? step : step - 1);
            }
        }
    }

    [Fact]
    public void Fill_PowerCutThatKeepsAnyWrites_LeavesNothingOrTheBlock()
    {
        var file = new LossyFile(_plan.FileBytes) { KeepsUnflushed = true };
        Fill(new DiskBlock(_plan, file, _lanes, FoundBlock.None(BlockState.Empty)));
        var all = (1 << file.Unflushed.Count) - 1;
        for (var kept = 0; kept <= all; kept++)
        {
            foreach (var cut in (int[])[0, 64, 512, 4092])
            {
                var left = file.After(i => (kept >> i & 1) != 0 ? int.MaxValue : cut);
                var found = In(left);
                Assert.Equal(kept == all, found.IsUsable);
                if (kept == all) AssertHolds(Find(left), 0);
            }
        }
    }

    [Fact]
    public void Advance_KilledAfterTheLedgerLostTheVersionThatIsKept_LeavesNothingOrAVersionThatBelongs()
    {
        // Slots hold steps 1 and 2; the run goes on from 1, since its ledger has another step 2, and writes over the slot of 2.
        var file = WrittenTo(2, keep: false);
        bool Belongs(StoredVersion version) => version.Step <= 1 || version == new StoredVersion(2, 1);
        var block = new DiskBlock(_plan, file, _lanes, FoundBlock.In(_plan, file, _plan.FileBytes, _lanes, Belongs));
        Assert.Equal(1, block.Version!.Value.Step);
        file.KeepsUnflushed = true;
        block.Write(0, Trained(block, 5));
        block.Commit(new StoredVersion(2, 1));
        for (var kept = 0; kept < 1 << file.Unflushed.Count; kept++)
        {
            foreach (var cut in Cuts)
            {
                var left = file.After(i => (kept >> i & 1) != 0 ? int.MaxValue : cut);
                var found = FoundBlock.In(_plan, left, _plan.FileBytes, _lanes, Belongs);
                Assert.True(found.IsUsable);
                var bytes = new byte[TrainedPages * Page];
                new DiskBlock(_plan, left, _lanes, found).Read(0, bytes);
                Assert.True(bytes.AsSpan().SequenceEqual(Trained(block, found.Version.Step == 2 ? 5 : 1)));
            }
        }
    }

    [Fact]
    public void File_OfKnownVersions_IsFrozen()
    {
        // Made by a program of its own from docs/formats/blocks.md.
        const string Expected = "264f614cb81070871022893e6fde0db2b86cff0854fdddf1fb802237e3b6c099";
        static byte[] Known(int bytes, int factor) => [.. Enumerable.Range(0, bytes).Select(i => (byte)(i * factor + i / 256))];
        var plan = new BlockPlan(Layout("layers/0", 2, 1), 3, Origin);
        var file = new LossyFile(plan.FileBytes);
        var block = new DiskBlock(plan, file, _lanes, FoundBlock.None(BlockState.Empty));

        block.Write(0, Known(2 * Page, 3));
        block.Write(2 * Page, Known(Page, 7));
        block.Commit(new StoredVersion(0, 0x0102030405060708));
        block.Write(0, Known(2 * Page, 5));
        block.Commit(new StoredVersion(1, 0xF1F2F3F4F5F6F7F8));

        Assert.Equal("00003-layers_0.distzo-block", plan.FileName);
        Assert.Equal(Expected, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(file.Content)));
    }

    [Fact]
    public void Find_BothSlotsTorn_IsUnusable()
    {
        var file = WrittenTo(2, keep: false);
        file.Content[_plan.TrainedAt(0) + 5] ^= 1;
        file.Content[_plan.TrainedAt(1) + 5] ^= 1;

        var found = In(file);

        Assert.Equal(BlockState.Damaged, found.State);
        Assert.NotNull(found.Damage);
    }

    [Fact]
    public void Find_AnyByteFlipped_IsAWholeVersionOrNone()
    {
        var file = WrittenTo(2, keep: false);
        var newest = BlockPlan.HeaderBytes + (2 % 2 * BlockPlan.HeaderBytes);
        for (var at = 0; at < file.Content.Length; at += at % Page is > 100 and < 4080 ? 173 : 1)
        {
            file.Content[at] ^= 0x10;
            var found = In(file);
            var isOld = (at >= newest && at < newest + Page) || (at >= _plan.TrainedAt(0) && at < _plan.TrainedAt(1));
            var isLost = at < Page || at >= _plan.FrozenAt;
            Assert.Equal(isLost ? BlockState.Damaged : BlockState.Usable, found.State);
            if (!isLost) AssertHolds(Find(file), isOld ? 1 : 2);
            file.Content[at] ^= 0x10;
        }
    }

    public void Dispose() => _lanes.Dispose();

    /// <summary>A file whose last version was written, but, if <paramref name="keep"/>, not flushed.</summary>
    private LossyFile WrittenTo(int step, bool keep = true)
    {
        var file = new LossyFile(_plan.FileBytes);
        var block = new DiskBlock(_plan, file, _lanes, FoundBlock.None(BlockState.Empty));
        Fill(block);
        for (var done = 1; done < step; done++) Advance(block, done);
        file.KeepsUnflushed = keep;
        Advance(block, step);
        return file;
    }

    private FoundBlock In(LossyFile file) => FoundBlock.In(_plan, file, _plan.FileBytes, _lanes, version => version == Version(version.Step));

    private DiskBlock Find(LossyFile file)
    {
        var found = In(file);
        Assert.True(found.IsUsable, found.Damage);
        return new DiskBlock(_plan, file, _lanes, found);
    }
}
