namespace DistZO.Devices;

/// <summary>
/// A block in a file: its frozen part once, and its trained part in two slots, of which one holds the version that is read while the
/// other takes the next. Made by <see cref="BlockDirectory"/>. Writes go to whole pages, each once a version; reads may be of any bytes.
/// </summary>
public sealed class DiskBlock : StoredBlock
{
    private readonly BlockPlan _plan;
    private readonly IBlockFile _file;
    private readonly IoLanes _lanes;
    private readonly PartInProgress _trained;
    private int _slot;
    private PartInProgress? _frozen;

    internal DiskBlock(BlockPlan plan, IBlockFile file, IoLanes lanes, FoundBlock found)
    {
        (_plan, _file, _lanes, _slot) = (plan, file, lanes, found.Slot);
        Version = found.IsUsable ? found.Version : null;
        _trained = new PartInProgress(plan.TrainedBytes);
        if (!found.IsUsable) _frozen = new PartInProgress(plan.FrozenBytes);
    }

    public override string Name => _plan.Name;

    public override long Bytes => _plan.TrainedBytes + _plan.FrozenBytes;

    public override long TrainedBytes => _plan.TrainedBytes;

    public override StoredVersion? Version { get; protected set; }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The block is not filled.</exception>
    public override void Read(long offset, Span<byte> destination)
    {
        CheckRange(offset, destination.Length);
        if (_slot < 0) throw new InvalidOperationException($"block '{Name}' is read before it was filled");
        var trained = TrainedPrefix(offset, destination.Length);
        ReadPart(_plan.TrainedAt(_slot) + offset, destination[..trained]);
        ReadPart(_plan.FrozenAt + offset + trained - TrainedBytes, destination[trained..]);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A page is written twice in one version, or a frozen one after the first commit.</exception>
    public override void Write(long offset, ReadOnlySpan<byte> source)
    {
        CheckRange(offset, source.Length);
        if (offset % PageSum.PageBytes != 0 || source.Length % PageSum.PageBytes != 0)
            throw new ArgumentOutOfRangeException(nameof(offset), $"pages of {PageSum.PageBytes} bytes are written whole");
        var trained = TrainedPrefix(offset, source.Length);
        WritePart(_trained, _plan.TrainedAt(Next), offset, source[..trained]);
        if (trained == source.Length) return;
        if (_frozen is null) throw new InvalidOperationException($"the frozen part of block '{Name}' is written once");
        WritePart(_frozen, _plan.FrozenAt, offset + trained - TrainedBytes, source[trained..]);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">A part of the version was not written.</exception>
    /// <exception cref="RunFailedException">The disk is full or failed.</exception>
    public override void Commit(StoredVersion version)
    {
        if (!_trained.IsWhole || _frozen is { IsWhole: false }) throw new InvalidOperationException($"block '{Name}' is committed in part");
        using var page = new AlignedBuffer(BlockPlan.HeaderBytes);
        if (_frozen is not null)
        {
            BlockHeader.WriteFile(page.Span, _plan, _frozen.Sum);
            _file.Write(0, page.Span);
        }

        // The sums tell whether header and data belong together, so they may come to the disk in any order; but both must be there
        // before the other slot is written over.
        BlockHeader.WriteSlot(page.Span, _plan, Next, version, _trained.Sum);
        _file.Write(BlockPlan.SlotHeaderAt(Next), page.Span);
        _file.Flush();
        (_slot, Version, _frozen) = (Next, version, null);
        _trained.Clear();
    }

    /// <inheritdoc/>
    public override bool Recall(Func<StoredVersion, bool> belongs)
    {
        if (base.Recall(belongs)) return true;
        var found = FoundBlock.In(_plan, _file, _plan.FileBytes, _lanes, belongs);
        if (!found.IsUsable) return false;
        (_slot, Version) = (found.Slot, found.Version);
        return true;
    }

    public override void Dispose() => _file.Dispose();

    private int Next => _slot == 0 ? 1 : 0;

    private void CheckRange(long offset, int bytes)
    {
        if (offset < 0 || offset + bytes > Bytes) throw new ArgumentOutOfRangeException(nameof(offset));
    }

    private int TrainedPrefix(long offset, int bytes) => (int)Math.Clamp(TrainedBytes - offset, 0, bytes);

    private void ReadPart(long at, Span<byte> destination)
    {
        if (destination.IsEmpty) return;
        _lanes.Read(_file, at, destination);
        _file.Forget(written: false);
    }

    private void WritePart(PartInProgress part, long partAt, long offset, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return;
        var (page, count) = (offset / PageSum.PageBytes, source.Length / PageSum.PageBytes);
        part.CheckUnwritten(page, count);
        part.Add(page, count, _lanes.WriteAndSum(_file, partAt + offset, source, page));
        _file.Forget(written: true);
    }
}
