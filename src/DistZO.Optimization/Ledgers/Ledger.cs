using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>Whole-file operations on ledgers (<c>.zol</c>): the append-only record of a run's committed steps.</summary>
public static class Ledger
{
    /// <summary>Reads and verifies all of a ledger.</summary>
    /// <exception cref="BadInputException">It is no ledger, or damaged. The message names the step and the byte.</exception>
    public static LedgerContents Read(string path)
    {
        using var reader = LedgerReader.Open(path);
        return ReadToEnd(reader, path);
    }

    /// <summary>
    /// Makes the ledger of a fork: the first <paramref name="step"/> payloads of <paramref name="source"/>, chained from the new
    /// identity. Durable on return; an existing file is refused.
    /// </summary>
    /// <param name="source">The parent, as read.</param>
    /// <param name="step">K: how many of the parent's steps are kept.</param>
    /// <param name="header">Its identity must name <see cref="LedgerContents.ParentAt"/>(K) as parent.</param>
    /// <param name="path">The new file.</param>
    public static void Fork(LedgerContents source, long step, LedgerHeader header, string path)
    {
        var named = header.Identity.Parent == source.ParentAt(step);
        if (!named) throw new ArgumentException("the identity does not name this parent", nameof(header));
        using var held = LedgerLock.Take(path);
        WriteNew(path, header, source.Records.Take((int)step));
    }

    /// <summary>
    /// Cuts a ledger off where it is torn or damaged, durably. The records before are sound; the ones behind cannot be trusted, since
    /// each builds on those before it.
    /// </summary>
    public static LedgerRepair Repair(string path)
    {
        using var held = LedgerLock.Take(path);
        var repair = PlanRepair(path);
        if (repair.BytesCut > 0)
        {
            using var file = AppendFile.Open(path);
            Cut(file, path, repair.BytesKept);
        }

        return repair;
    }

    /// <summary>What <see cref="Repair"/> would do, without doing it.</summary>
    public static LedgerRepair PlanRepair(string path)
    {
        using var reader = LedgerReader.Open(path);
        try
        {
            while (reader.Read() is not null)
            {
            }
        }
        catch (BadInputException) when (reader.IsDamaged)
        {
            // That is what repairing is for; the reader stands behind the last sound record.
        }

        var (kept, length) = (reader.Offset, new FileInfo(path).Length);
        var lost = kept == length ? 0 : LedgerRepair.CountRecords(path, kept);
        return new LedgerRepair(reader.Steps, lost, kept, length - kept);
    }

    internal static LedgerContents ReadToEnd(LedgerReader reader, string path)
    {
        var records = new List<StepRecord>();
        var chains = new List<ChainHash> { reader.Chain };
        while (reader.Read() is { } record)
        {
            records.Add(record);
            chains.Add(reader.Chain);
        }

        return new LedgerContents(path, reader.Header, records, chains, reader.Offset, reader.TornBytes);
    }

    internal static void WriteNew(string path, LedgerHeader header, IEnumerable<StepRecord> records)
    {
        if (File.Exists(path)) throw new BadInputException($"'{path}' exists already; choose another place, or move it away");
        DurableFile.WriteAtomically(path, stream =>
        {
            stream.Write(header.Encode());
            var chain = header.Identity.Start;
            foreach (var record in records) stream.Write(RecordFrame.Encode(RecordCodec.Encode(record), chain, out chain));
        });
    }

    internal static void Cut(AppendFile file, string path, long length)
    {
        try
        {
            file.Truncate(length);
            file.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(path, e);
        }
    }
}
