using System.Text;
using DistZO.Devices;

namespace DistZO.Optimization.Tests;

public class LedgerDamageTests
{
    private const int Steps = 4;

    [Fact]
    public void Ledger_CutAtEveryByte_IsTornOrHasNoHeader()
    {
        using var folder = new TemporaryFolder();
        var sound = File.ReadAllBytes(Sample.Write(folder, Steps));
        var ends = Ends(folder["run.zol"]);
        for (var length = 0; length <= sound.Length; length++)
        {
            File.WriteAllBytes(folder["cut.zol"], sound[..length]);
            if (length < ends[0])
            {
                Assert.Throws<BadInputException>(() => Ledger.Read(folder["cut.zol"]));
                continue;
            }

            var steps = ends.Count(end => end <= length) - 1;
            var contents = Ledger.Read(folder["cut.zol"]);
            Assert.Equal(steps, contents.Steps);
            Assert.Equal(length - ends[steps], contents.TornBytes);
            Assert.Equal(contents.TornBytes == 0, contents.TornNotice is null);

            // Going on from there ends in the very same file.
            using (var writer = LedgerWriter.Open(folder["cut.zol"], out _))
            {
                for (var t = steps; t < Steps; t++) writer.Append(Sample.Record(t));
            }

            Assert.Equal(sound, File.ReadAllBytes(folder["cut.zol"]));
        }
    }

    [Fact]
    public void Ledger_WithAnyBitFlipped_IsDamagedAtTheRightStep()
    {
        using var folder = new TemporaryFolder();
        var sound = File.ReadAllBytes(Sample.Write(folder, Steps));
        var ends = Ends(folder["run.zol"]);
        for (var bit = 0; bit < sound.Length * 8; bit++)
        {
            var bytes = sound.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            var message = Assert.Throws<BadInputException>(() => ReadAll(bytes)).Message;
            var step = ends.FindLastIndex(end => end <= bit / 8);
            if (step >= 0) Assert.Contains($"step {step}, at byte {ends[step]}, is damaged", message, StringComparison.Ordinal);
        }

        static void ReadAll(byte[] bytes)
        {
            using var reader = LedgerReader.Open(new MemoryStream(bytes), "flip.zol");
            Ledger.ReadToEnd(reader, "flip.zol");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(100)]
    [InlineData(200_000)]
    public void Zeros_BehindTheLastRecord_AreATornTail(int zeros)
    {
        using var folder = new TemporaryFolder();
        var path = Sample.Write(folder, Steps);
        using (var file = File.Open(path, FileMode.Append)) file.Write(new byte[zeros]);
        var contents = Ledger.Read(path);
        Assert.Equal(Steps, contents.Steps);
        Assert.Equal(zeros, contents.TornBytes);
        using (var file = File.Open(path, FileMode.Append)) file.WriteByte(1);
        if (zeros >= 8) Assert.Throws<BadInputException>(() => Ledger.Read(path));
    }

    [Fact]
    public void Record_MovedToAnotherPlace_BreaksTheChain()
    {
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(Sample.Write(folder, 3));
        var ends = Ends(folder["run.zol"]);
        byte[] swapped = [.. bytes[..ends[0]], .. bytes[ends[1]..ends[2]], .. bytes[ends[0]..ends[1]], .. bytes[ends[2]..]];
        File.WriteAllBytes(folder["swapped.zol"], swapped);
        var e = Assert.Throws<BadInputException>(() => Ledger.Read(folder["swapped.zol"]));
        Assert.Contains("step 0", e.Message, StringComparison.Ordinal);
        Assert.Contains("chain hash", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Record_OfALaterMethod_IsNoDamage()
    {
        using var folder = new TemporaryFolder();
        var path = Sample.Write(folder, 1);
        var body = RecordCodec.Encode(Sample.Record(1));
        body[10] = 77;
        var chain = Read(path).Chain;
        using (var file = File.Open(path, FileMode.Append)) file.Write(RecordFrame.Encode(body, chain, out _));
        var e = Assert.Throws<BadInputException>(() => Ledger.Read(path));
        Assert.Contains("step 1 was made by method 77", e.Message, StringComparison.Ordinal);
        Assert.Throws<BadInputException>(() => Ledger.Repair(path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Repair_OfADamagedRecord_CutsThereAndCountsTheLoss(int step)
    {
        using var folder = new TemporaryFolder();
        var path = Sample.Write(folder, Steps);
        var ends = Ends(path);
        var bytes = File.ReadAllBytes(path);
        bytes[ends[step] + 12] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(new LedgerRepair(step, Steps - step, ends[step], bytes.Length - ends[step]), Ledger.Repair(path));
        Assert.Equal(step, Read(path).Steps);
        Assert.Equal(new LedgerRepair(step, 0, ends[step], 0), Ledger.Repair(path));
    }

    [Fact]
    public void Repair_OfADamagedLength_FindsTheRecordsBehindIt()
    {
        using var folder = new TemporaryFolder();
        var path = Sample.Write(folder, Steps);
        var ends = Ends(path);
        var bytes = File.ReadAllBytes(path);
        bytes[ends[1]] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Equal(new LedgerRepair(1, 2, ends[1], bytes.Length - ends[1]), Ledger.Repair(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"identity\":{}}")]
    [InlineData("{\"identity\":3}")]
    [InlineData("{\"identity\":{\"recipe\":3}}")]
    [InlineData("{\"identity\":{\"recipe\":{\"seed\":1e999}}}")]
    [InlineData("{\"identity\":{\"recipe\":{},\"recipe\":{}}}")]
    [InlineData("{\"identity\":{\"recipe\":{\"no_such_key\":1}}}")]
    [InlineData("{\"identity\":{\"later\":1}}")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")]
    public void Header_ThatIsNoRun_IsRefused(string json)
    {
        using var folder = new TemporaryFolder();
        var utf8 = Encoding.UTF8.GetBytes(json);
        byte[] bytes = [.. "DISTZOL\n"u8, .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(utf8.Length), .. utf8];
        File.WriteAllBytes(folder["x.zol"], [.. bytes, .. BitConverter.GetBytes(Crc32C.Of(bytes))]);
        Assert.Contains("x.zol", Assert.Throws<BadInputException>(() => Ledger.Read(folder["x.zol"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reader_OnGarbage_OnlyEverRefuses()
    {
        using var folder = new TemporaryFolder();
        var sound = File.ReadAllBytes(Sample.Write(folder, 6));
        var random = new Random(77);
        for (var i = 0; i < 1500; i++)
        {
            var bytes = sound[..random.Next(sound.Length + 1)].Concat(new byte[random.Next(20)]).ToArray();
            var edits = bytes.Length == 0 ? 0 : random.Next(4);
            for (; edits > 0; edits--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                using var reader = LedgerReader.Open(new MemoryStream(bytes), "x.zol");
                Assert.InRange(Ledger.ReadToEnd(reader, "x.zol").Steps, 0, 6);
            }
            catch (BadInputException)
            {
                // A refusal is the other allowed outcome.
            }
        }
    }

    private static LedgerContents Read(string path) => Ledger.Read(path);

    /// <summary>Where the header and each record end.</summary>
    private static List<int> Ends(string path)
    {
        using var reader = LedgerReader.Open(path);
        var ends = new List<int> { (int)reader.Offset };
        while (reader.Read() is not null) ends.Add((int)reader.Offset);
        return ends;
    }
}
