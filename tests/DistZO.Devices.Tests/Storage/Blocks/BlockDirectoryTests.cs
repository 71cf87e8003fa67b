using static DistZO.Devices.Tests.SampleBlocks;

namespace DistZO.Devices.Tests;

public sealed class BlockDirectoryTests : IDisposable
{
    private static readonly BlockLayout[] Layouts = [Layout("model.layers.0", 3, 2), Layout("model/head: ü", 0, 1), Layout("norm", 1, 0)];

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Open_NewDirectory_MakesOneFileABlockWithItsSpaceTaken()
    {
        using var blocks = new OpenedBlocks(_folder["new"], Layouts);

        Assert.Equal(
            ["00000-model.layers.0.distzo-block", "00001-model_head___.distzo-block", "00002-norm.distzo-block", "blocks.lock"],
            Directory.GetFiles(_folder["new"]).Select(file => Path.GetFileName(file)!).Order());
        Assert.Equal((3 + 3 + 3 + 2) * Page, new FileInfo(Path.Combine(_folder["new"], "00000-model.layers.0.distzo-block")).Length);
        Assert.Equal(Layouts.Select(layout => layout.Name), Enumerable.Range(0, 3).Select(i => blocks[i].Name));
        Assert.Empty(blocks.Notices);
    }

    [Fact]
    public void Open_HeldByAnotherRun_FailsByName()
    {
        using var held = new OpenedBlocks(_folder.Root, Layouts);

        var error = Assert.Throws<RunFailedException>(() => new OpenedBlocks(_folder.Root, Layouts));

        Assert.Contains($"'{_folder.Root}'", error.Message);
        Assert.Contains("a directory of its own", error.Message);
    }

    [Fact]
    public void Open_OnAFile_IsBadInputThatNamesIt()
    {
        File.WriteAllText(_folder["file"], "");

        var error = Assert.Throws<BadInputException>(() => new OpenedBlocks(Path.Combine(_folder["file"], "blocks"), Layouts));

        Assert.Contains($"'{Path.Combine(_folder["file"], "blocks")}'", error.Message);
        Assert.Contains("is a file", error.Message);
    }

    // Where a byte is changed, and what is left: the step before the last, the last, or nothing.
    [Theory]
    [InlineData(0, null)]
    [InlineData(100, null)]
    [InlineData(Page + 64, 1)]
    [InlineData((2 * Page) + 64, 2)]
    [InlineData(3 * Page, 1)]
    [InlineData((6 * Page) - 1, 1)]
    [InlineData(6 * Page, 2)]
    [InlineData(9 * Page, null)]
    [InlineData((11 * Page) - 1, null)]
    public void Open_DamagedFile_UsesWhatIsWholeAndSaysWhich(long at, int? step)
    {
        WriteTwoSteps();
        Flip(at);

        using var blocks = new OpenedBlocks(_folder.Root, Layouts);

        Assert.Equal(step is not null, blocks[0].Version is not null);
        if (step is { } left) AssertHolds(blocks[0], left);
        else Refill(blocks[0]);
        AssertHolds(blocks[1], 0);
        AssertHolds(blocks[2], 2);

        // The older slot's data are not looked at while the newer one is whole.
        if (at == 6 * Page) Assert.Empty(blocks.Notices);
        else Assert.Contains($"'{File0}'", Assert.Single(blocks.Notices));
        if (step is null) Assert.Contains("rebuilt from the base and the ledger", blocks.Notices[0]);
    }

    [Fact]
    public void Open_BothSlotsDamaged_IsRebuilt()
    {
        WriteTwoSteps();
        Flip(3 * Page);
        Flip(6 * Page);

        using var blocks = new OpenedBlocks(_folder.Root, Layouts);

        Assert.Null(blocks[0].Version);
        Assert.Contains("rebuilt from the base and the ledger", Assert.Single(blocks.Notices));
        Refill(blocks[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(Page)]
    [InlineData((3 * Page) - 1)]
    [InlineData(3 * Page)]
    [InlineData((11 * Page) - 1)]
    [InlineData(12 * Page)]
    public void Open_FileOfAnotherLength_IsDamagedAndRebuilt(long bytes)
    {
        WriteTwoSteps();
        using (var file = File.OpenWrite(File0)) file.SetLength(bytes);

        using var blocks = new OpenedBlocks(_folder.Root, Layouts);

        Assert.Null(blocks[0].Version);
        Assert.Contains($"'{File0}'", Assert.Single(blocks.Notices));
        Refill(blocks[0]);
        Assert.Equal(11 * Page, new FileInfo(File0).Length);
    }

    [Fact]
    public void Open_FileWithoutAByte_IsOneWhoseMakingWasCutOff()
    {
        WriteTwoSteps();
        File.WriteAllBytes(File0, []);

        using var blocks = new OpenedBlocks(_folder.Root, Layouts);

        Assert.Null(blocks[0].Version);
        Assert.Contains($"'{File0}'", Assert.Single(blocks.Notices));
    }

    [Fact]
    public void Open_BesideFilesThatAreNotItsOwn_IsRefusedByNameAndChangesNothing()
    {
        WriteTwoSteps();
        var before = File.ReadAllBytes(File0);
        File.WriteAllText(_folder["thesis.distzo-block"], "mine");
        AssertRefused("thesis.distzo-block' is not a block file");
        Assert.Equal("mine", File.ReadAllText(_folder["thesis.distzo-block"]));
        Assert.Equal(before, File.ReadAllBytes(File0));

        File.Delete(_folder["thesis.distzo-block"]);
        File.WriteAllText(File0, "mine too");
        AssertRefused("00000-model.layers.0.distzo-block' is not a block file");
        Assert.Equal("mine too", File.ReadAllText(File0));

        File.Delete(File0);
        Directory.CreateDirectory(File0);
        AssertRefused("00000-model.layers.0.distzo-block' is a directory");

        void AssertRefused(string what) =>
            Assert.Contains(what, Assert.Throws<BadInputException>(() => new OpenedBlocks(_folder.Root, Layout("another", 1, 1))).Message);
    }

    [Fact]
    public void Open_BesideAFileWhoseMakingWasCutOff_RemovesIt()
    {
        File.WriteAllBytes(_folder["00007-x.distzo-block"], new byte[11 * Page]);

        using var blocks = new OpenedBlocks(_folder.Root, Layouts);

        Assert.False(File.Exists(_folder["00007-x.distzo-block"]));
    }

    // Which steps are the run's, and which version is read then.
    [Theory]
    [InlineData(2, 2)]
    [InlineData(1, 1)]
    [InlineData(0, null)]
    public void Recall_OfARunThatHasBeenLessFar_ReadsTheVersionThatIsTheRuns(int steps, int? step)
    {
        WriteTwoSteps();
        using (var blocks = new OpenedBlocks(_folder.Root, Layouts, Origin, _ => true))
        {
            Assert.Equal(step is not null, blocks[0].Recall(version => version.Step <= steps));
            if (step is not { } left) return;
            AssertHolds(blocks[0], left);
            Advance(blocks[0], 3);
        }

        using var again = new OpenedBlocks(_folder.Root, Layouts);
        AssertHolds(again[0], 3);
    }

    [Fact]
    public void Recall_WhereTheOlderVersionIsDamaged_HasNone()
    {
        WriteTwoSteps();
        Flip(6 * Page);
        using var blocks = new OpenedBlocks(_folder.Root, Layouts, Origin, _ => true);

        Assert.False(blocks[0].Recall(version => version.Step <= 1));
        AssertHolds(blocks[0], 2);
    }

    [Fact]
    public void Open_AnotherOrigin_MakesAllAgainAndSaysSoOnce()
    {
        WriteTwoSteps();

        using var blocks = new OpenedBlocks(_folder.Root, Layouts, Bytes(32, 9), _ => true);

        for (var i = 0; i < blocks.Count; i++) Assert.Null(blocks[i].Version);
        Assert.Contains("3 files of another base", Assert.Single(blocks.Notices));
    }

    [Fact]
    public void Open_AnotherRunOfTheSameBase_KeepsOnlyWhatItDoesNotTrain()
    {
        WriteTwoSteps();

        using var blocks = new OpenedBlocks(_folder.Root, Layouts, Origin, _ => false);

        Assert.Null(blocks[0].Version);
        AssertHolds(blocks[1], 0);
        Assert.Null(blocks[2].Version);
        Assert.Contains("2 files", Assert.Single(blocks.Notices));
    }

    [Fact]
    public void Open_FewerAndOtherBlocks_RemovesWhatIsNotTheirsAndNothingElse()
    {
        WriteTwoSteps();
        File.WriteAllText(_folder["notes.txt"], "mine");

        using var blocks = new OpenedBlocks(_folder.Root, Layouts[0], Layout("other", 0, 1));

        AssertHolds(blocks[0], 2);
        Assert.Null(blocks[1].Version);
        Assert.Contains("2 files", Assert.Single(blocks.Notices));
        Assert.Equal(
            ["00000-model.layers.0.distzo-block", "00001-other.distzo-block", "blocks.lock", "notes.txt"],
            Directory.GetFiles(_folder.Root).Select(file => Path.GetFileName(file)!).Order());
    }

    [Fact]
    public void Open_BlockOfTheSameFileNameButAnotherName_IsMadeAgain()
    {
        using (var blocks = new OpenedBlocks(_folder.Root, Layout("a/b", 1, 0))) Fill(blocks[0]);

        using var other = new OpenedBlocks(_folder.Root, Layout("a:b", 1, 0));

        Assert.Null(other[0].Version);
        Assert.Single(other.Notices);
    }

    [Fact]
    public void Read_FileCutShortInUse_FailsByNameAndLosesNothing()
    {
        WriteTwoSteps();
        using var blocks = new OpenedBlocks(_folder.Root, Layouts);
        using (var file = File.OpenWrite(File0)) file.SetLength(5 * Page);

        var error = Assert.Throws<RunFailedException>(() => AssertHolds(blocks[0], 2));

        Assert.Contains($"'{File0}'", error.Message);
        Assert.Contains("no step is lost", error.Message);
    }

    public void Dispose() => _folder.Dispose();

    private string File0 => _folder["00000-model.layers.0.distzo-block"];

    private void WriteTwoSteps()
    {
        using var blocks = new OpenedBlocks(_folder.Root, Layouts);
        for (var i = 0; i < blocks.Count; i++) Fill(blocks[i]);
        for (var step = 1; step <= 2; step++)
        {
            Advance(blocks[0], step);
            Advance(blocks[2], step);
        }
    }

    private static void Refill(DiskBlock block)
    {
        Fill(block, step: 4);
        AssertHolds(block, 4);
    }

    private void Flip(long at)
    {
        var bytes = File.ReadAllBytes(File0);
        bytes[at] ^= 1;
        File.WriteAllBytes(File0, bytes);
    }
}
