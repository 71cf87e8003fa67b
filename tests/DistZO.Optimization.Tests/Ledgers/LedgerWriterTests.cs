using DistZO.Devices;
using Microsoft.Win32.SafeHandles;

namespace DistZO.Optimization.Tests;

public class LedgerWriterTests
{
    [Fact]
    public void Records_Appended_AreReadBack()
    {
        using var folder = new TemporaryFolder();
        using (var writer = LedgerWriter.Create(folder["run.zol"], Sample.Header))
        {
            Assert.Equal(Sample.Header.Identity.Start, writer.Chain);
            for (var t = 0; t < 7; t++)
            {
                var chain = writer.Append(Sample.Record(t));

                // What is on the disk when Append returns is all of it, and can be read while the writer holds the lock.
                var contents = Ledger.Read(folder["run.zol"]);
                Assert.Equal(Enumerable.Range(0, t + 1).Select(s => Sample.Record(s)), contents.Records);
                Assert.Equal(chain, contents.Chain);
                Assert.True(contents.IsPrefix(t + 1, chain));
                Assert.False(contents.IsPrefix(t, chain));
                Assert.False(contents.IsPrefix(t + 2, chain));
            }
        }

        Assert.Equal(File.ReadAllBytes(Sample.Write(folder, 7, "at-once.zol")), File.ReadAllBytes(folder["run.zol"]));
    }

    [Fact]
    public void Header_ReadBack_IsTheSameRunAndRecipe()
    {
        using var folder = new TemporaryFolder();
        var header = Ledger.Read(Sample.Write(folder, 0)).Header;
        Assert.Equal(Sample.Header.Identity.Canonical, header.Identity.Canonical);
        Assert.Equal(Sample.Header.Recipe.ToYaml(), header.Recipe.ToYaml());
    }

    [Fact]
    public void Writer_OfALedgerInUse_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using (LedgerWriter.Create(folder["run.zol"], Sample.Header))
        {
            var e = Assert.Throws<RunFailedException>(() => LedgerWriter.Open(folder["run.zol"], out _));
            Assert.Contains("another process writes", e.Message, StringComparison.Ordinal);
        }

        LedgerWriter.Open(folder["run.zol"], out _).Dispose();
    }

    [Fact]
    public void Create_OverAnExistingLedger_IsRefusedAndFreesTheLock()
    {
        using var folder = new TemporaryFolder();
        var path = Sample.Write(folder, 2);
        Assert.Throws<BadInputException>(() => LedgerWriter.Create(path, Sample.Header));
        using var writer = LedgerWriter.Open(path, out var contents);
        Assert.Equal(2, contents.Steps);
    }

    [Fact]
    public void Create_InAFolderThatIsMissing_IsBadInput()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<BadInputException>(() => LedgerWriter.Create(folder["no/run.zol"], Sample.Header));
        Assert.Throws<BadInputException>(() => Ledger.Read(folder["no.zol"]));
    }

    [Fact]
    public void Append_OfAnotherStep_IsACallersMistake()
    {
        using var folder = new TemporaryFolder();
        using var writer = LedgerWriter.Create(folder["run.zol"], Sample.Header);
        Assert.Throws<ArgumentException>(() => writer.Append(Sample.Record(1)));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(5, false)]
    [InlineData(5, true)]
    [InlineData(int.MaxValue, false)]
    public void Append_ThatFails_LeavesWhatWasCommitted(int bytesWritten, bool truncateFails)
    {
        using var folder = new TemporaryFolder();
        var path = Sample.Write(folder, 2);
        var contents = Ledger.Read(path);
        using (var writer = LedgerWriter.OnFile(new FailingFile(path, bytesWritten, truncateFails), contents))
        {
            var message = Assert.Throws<RunFailedException>(() => writer.Append(Sample.Record(2))).Message;
            Assert.Contains("step 2", message, StringComparison.Ordinal);
            Assert.Contains("the 2 steps before it are safe", message, StringComparison.Ordinal);
            Assert.Throws<InvalidOperationException>(() => writer.Append(Sample.Record(2)));
            Assert.Equal(contents.Chain, writer.Chain);
        }

        using (var again = LedgerWriter.Open(path, out var found))
        {
            Assert.Equal(2, found.Steps);
            Assert.Equal(truncateFails ? bytesWritten : 0, found.TornBytes);
            again.Append(Sample.Record(2));
        }

        Assert.Equal(File.ReadAllBytes(Sample.Write(folder, 3, "whole.zol")), File.ReadAllBytes(path));
    }

    [Fact]
    public void Fork_CopiesPayloadsIntoItsOwnChain()
    {
        using var folder = new TemporaryFolder();
        var source = Ledger.Read(Sample.Write(folder, 6));
        var header = Sample.Make(Recipe.Default.With(RecipeKeys.LearningRate, 1).Resolve(3), source.ParentAt(4));
        Ledger.Fork(source, 4, header, folder["fork.zol"]);
        var fork = Ledger.Read(folder["fork.zol"]);
        Assert.Equal(source.Records.Take(4), fork.Records);
        Assert.DoesNotContain(fork.Chains, source.Chains.Contains);
        Assert.Equal(new ParentRun(source.Header.Identity.Digest, 4, source.Chains[4]), fork.Header.Identity.Parent);
        Assert.Throws<BadInputException>(() => Ledger.Fork(source, 4, header, folder["fork.zol"]));
        Assert.Throws<ArgumentException>(() => Ledger.Fork(source, 3, header, folder["other.zol"]));
        Assert.Equal($"--step 7: {source.Path} holds the steps 0 to 6", Assert.Throws<BadInputException>(() => source.ParentAt(7)).Message);
        Assert.Throws<BadInputException>(() => source.ParentAt(-1));
    }

    /// <summary>A disk that takes some bytes of a write and then is full; int.MaxValue: takes all, but cannot flush.</summary>
    private sealed class FailingFile(string path, int bytes, bool truncateFails) : AppendFile(Open(path))
    {
        public override void Write(ReadOnlySpan<byte> content, long offset)
        {
            base.Write(content[..Math.Min(bytes, content.Length)], offset);
            if (bytes < content.Length) throw new IOException("No space left on device.");
        }

        public override void Flush() => throw new IOException("Input/output error.");

        public override void Truncate(long length)
        {
            if (truncateFails) throw new IOException("Input/output error.");
            base.Truncate(length);
        }

        private static new SafeFileHandle Open(string path) =>
            File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
    }
}
