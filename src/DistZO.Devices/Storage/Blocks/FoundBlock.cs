namespace DistZO.Devices;

/// <summary>What a block's file was found to hold.</summary>
internal enum BlockState
{
    /// <summary>A version that is whole and belongs to the run.</summary>
    Usable,

    /// <summary>Nothing: it was never filled.</summary>
    Empty,

    /// <summary>Whole blocks of another base, layout, format or run.</summary>
    Other,

    /// <summary>Bytes that are not those that were written.</summary>
    Damaged,
}

/// <summary>What a block's file was found to hold.</summary>
/// <param name="State">Whether it can be used, or why not.</param>
/// <param name="Slot">The slot of the version to read; −1 if there is none.</param>
/// <param name="Version">That version.</param>
/// <param name="Damage">For people: what is damaged; null for nothing. A usable file may have a damaged slot too.</param>
internal readonly record struct FoundBlock(BlockState State, int Slot, StoredVersion Version, string? Damage)
{
    /// <summary>Bytes that are read and checked at once.</summary>
    private const int Turn = 1 << 24;

    public bool IsUsable => State == BlockState.Usable;

    public static FoundBlock None(BlockState state, string? damage = null) => new(state, -1, default, damage);

    /// <summary>
    /// Looks for the newest version that <paramref name="belongs"/> and whose checksums hold, those of the frozen part too. A block
    /// without a trained part holds the same in every run of its origin, so any version of it belongs.
    /// </summary>
    public static FoundBlock In(BlockPlan plan, IBlockFile file, long fileBytes, IoLanes lanes, Func<StoredVersion, bool> belongs)
    {
        if (fileBytes < BlockPlan.HeadersBytes) return None(BlockState.Damaged, $"it has only {fileBytes:N0} bytes");
        var largest = Math.Max(BlockPlan.HeadersBytes, Math.Max(plan.TrainedBytes, plan.FrozenBytes));
        using var buffer = new AlignedBuffer((int)Math.Min(Turn, largest));
        file.Read(0, buffer.Span[..BlockPlan.HeadersBytes]);
        var headers = buffer.Span[..BlockPlan.HeadersBytes].ToArray();
        var state = BlockHeader.ReadFile(headers.AsSpan(0, BlockPlan.HeaderBytes), plan, out var frozenSum);
        if (state == HeaderState.Damaged) return None(BlockState.Damaged, "the checksum of its header is wrong");
        if (state != HeaderState.Sound) return None(state == HeaderState.Empty ? BlockState.Empty : BlockState.Other);
        if (fileBytes != plan.FileBytes)
            return None(BlockState.Damaged, $"it has {fileBytes:N0} bytes, and should have {plan.FileBytes:N0}");

        var slots = new List<(int Slot, StoredVersion Version, ulong Sum)>();
        var (damage, others) = ((string?)null, 0);
        for (var slot = 0; slot < 2; slot++)
        {
            var page = headers.AsSpan((int)BlockPlan.SlotHeaderAt(slot), BlockPlan.HeaderBytes);
            var slotState = BlockHeader.ReadSlot(page, plan, slot, out var version, out var sum);
            if (slotState == HeaderState.Damaged) damage = $"the checksum of slot {slot}'s header is wrong";
            else if (slotState == HeaderState.Sound && (plan.TrainedBytes == 0 || belongs(version))) slots.Add((slot, version, sum));
            else if (slotState != HeaderState.Empty) others++;
        }

        foreach (var (slot, version, sum) in slots.OrderByDescending(s => s.Version.Step))
        {
            if (Sum(file, plan.TrainedAt(slot), plan.TrainedBytes, lanes, buffer.Span) != sum)
            {
                damage = $"the checksum of slot {slot}, the weights after step {version.Step}, is wrong";
            }
            else if (Sum(file, plan.FrozenAt, plan.FrozenBytes, lanes, buffer.Span) != frozenSum)
            {
                return None(BlockState.Damaged, "the checksum of its frozen part is wrong");
            }
            else
            {
                return new FoundBlock(BlockState.Usable, slot, version, damage);
            }
        }

        return damage is not null ? None(BlockState.Damaged, damage) : None(others > 0 ? BlockState.Other : BlockState.Empty);
    }

    private static ulong Sum(IBlockFile file, long at, long bytes, IoLanes lanes, Span<byte> buffer)
    {
        ulong sum = 0;
        for (long done = 0; done < bytes; done += buffer.Length)
        {
            var count = (int)Math.Min(buffer.Length, bytes - done);
            sum += lanes.ReadAndSum(file, at + done, buffer[..count], done / PageSum.PageBytes);
            file.Forget(written: false);
        }

        return sum;
    }
}
