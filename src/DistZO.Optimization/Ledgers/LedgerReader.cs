using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// Reads a ledger from its start, record by record, and believes nothing: checksums, step numbers and the chain of hashes. A tail that
/// a crash tore off in mid-write counts as not written; anything else that is wrong is damage. Needs no lock, so a run that goes on
/// may be read.
/// </summary>
public sealed class LedgerReader : IDisposable
{
    private readonly Stream _file;
    private readonly string _path;

    private LedgerReader(Stream file, string path, LedgerHeader header)
    {
        _file = file;
        _path = path;
        Header = header;
        Chain = header.Identity.Start;
        Offset = file.Position;
    }

    public LedgerHeader Header { get; }

    /// <summary>How many records were read; also the step of the next.</summary>
    public long Steps { get; private set; }

    /// <summary>The chain hash after the records that were read.</summary>
    public ChainHash Chain { get; private set; }

    /// <summary>The byte behind the last good record.</summary>
    public long Offset { get; private set; }

    /// <summary>Bytes of a torn tail, known once the end is reached; 0 for a clean end.</summary>
    public long TornBytes { get; private set; }

    /// <summary>True once <see cref="Read"/> has met damage, at <see cref="Offset"/>.</summary>
    public bool IsDamaged { get; private set; }

    /// <summary>Opens a ledger and reads its header. Throws <see cref="BadInputException"/> if it is not a sound one.</summary>
    public static LedgerReader Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16);
            return Open(file, path);
        }
        catch (Exception e)
        {
            file?.Dispose();
            if (e is not (IOException or UnauthorizedAccessException)) throw;
            throw new BadInputException($"cannot read the ledger '{path}' ({e.Message.TrimEnd('.')})", e);
        }
    }

    /// <summary>As <see cref="Open(string)"/>, over a stream that can seek; <paramref name="path"/> is what errors call it.</summary>
    internal static LedgerReader Open(Stream file, string path) => new(file, path, LedgerHeader.Read(file, path));

    /// <summary>The next record; null at the end, or where the tail is torn.</summary>
    /// <exception cref="BadInputException">The record is damaged. The message names its step and byte.</exception>
    public StepRecord? Read()
    {
        var left = _file.Length - Offset;
        if (left == 0) return null;
        if (left < RecordFrame.PrefixSize) return Torn(left);
        Span<byte> prefix = stackalloc byte[RecordFrame.PrefixSize];
        _file.ReadExactly(prefix);
        if (!prefix.ContainsAnyExcept((byte)0) && OnlyZerosFollow()) return Torn(left);

        if (RecordFrame.PayloadLength(prefix) is not { } length) throw Damaged("its length does not fit the checksum");
        var rest = length + RecordFrame.SuffixSize;
        if (left < RecordFrame.PrefixSize + rest) return Torn(left);
        var payload = new byte[rest];
        _file.ReadExactly(payload);
        if (!RecordFrame.IsSound(payload)) throw Damaged("its content does not fit the checksum");
        var body = payload.AsSpan(0, length - ChainHash.Size);
        var chain = Chain.Next(body);
        if (chain != ChainHash.Read(payload.AsSpan(body.Length))) throw Damaged("its chain hash does not follow");
        var record = Decode(body);
        Offset += RecordFrame.PrefixSize + rest;
        Steps++;
        Chain = chain;
        return record;
    }

    public void Dispose() => _file.Dispose();

    private StepRecord Decode(ReadOnlySpan<byte> body)
    {
        try
        {
            return RecordCodec.Decode(body, Steps);
        }
        catch (FormatException e)
        {
            throw Damaged(e.Message);
        }
        catch (NotSupportedException e)
        {
            throw new BadInputException($"{_path}: step {Steps} was made by {e.Message}, unknown to this distzo; use a newer one", e);
        }
    }

    private StepRecord? Torn(long bytes)
    {
        TornBytes = bytes;
        _file.Position = Offset;
        return null;
    }

    private bool OnlyZerosFollow()
    {
        var chunk = new byte[1 << 16];
        for (var got = _file.Read(chunk); got > 0; got = _file.Read(chunk))
        {
            if (!chunk.AsSpan(0, got).ContainsAnyExcept((byte)0)) continue;
            _file.Position = Offset + RecordFrame.PrefixSize;
            return false;
        }

        return true;
    }

    private BadInputException Damaged(string how)
    {
        IsDamaged = true;
        return new BadInputException(
            $"{_path}: the record of step {Steps}, at byte {Offset}, is damaged: {how}; the {Steps} steps before it are sound; "
            + "restore the file from a copy, or cut it there with --repair");
    }
}
