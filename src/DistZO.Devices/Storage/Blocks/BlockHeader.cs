using System.Buffers.Binary;

namespace DistZO.Devices;

/// <summary>How the header of a file or of a slot was found.</summary>
internal enum HeaderState
{
    /// <summary>Nothing but zeros: it was never written.</summary>
    Empty,

    /// <summary>Its checksum holds, and it is of this block.</summary>
    Sound,

    /// <summary>Its checksum holds, but it is of another block, layout, base or format.</summary>
    Other,

    /// <summary>Its checksum does not hold.</summary>
    Damaged,
}

/// <summary>The pages in front of a block's parts; both kinds end in a CRC-32C of all bytes before.</summary>
internal static class BlockHeader
{
    private const uint Format = 1;
    private static readonly byte[] FileMagic = "DISTZOB\n"u8.ToArray();
    private static readonly byte[] SlotMagic = "DISTZOS\n"u8.ToArray();
    private const int CrcAt = BlockPlan.HeaderBytes - sizeof(uint);

    /// <summary>
    /// Whether a file is one of a block, whole, damaged or cut short: one of its headers begins as they do. One whose making was cut off
    /// has nothing in its headers yet, or no byte at all.
    /// </summary>
    /// <exception cref="RunFailedException">It cannot be read.</exception>
    public static bool IsBlockFile(string path)
    {
        var bytes = new byte[BlockPlan.HeadersBytes];
        int length;
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            length = RandomAccess.Read(file, bytes, 0);
            PageCache.Drop(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"cannot open '{path}' ({e.Message.TrimEnd('.')}); check the disk and the permissions, then run it again", e);
        }

        var found = bytes.AsSpan(0, length);
        if (!found.ContainsAnyExcept((byte)0)) return true;
        return Begins(found, 0, FileMagic) || Begins(found, 1, SlotMagic) || Begins(found, 2, SlotMagic);

        static bool Begins(ReadOnlySpan<byte> found, int header, ReadOnlySpan<byte> magic)
        {
            var part = found[Math.Min(found.Length, header * BlockPlan.HeaderBytes)..];
            part = part[..Math.Min(part.Length, magic.Length)];
            return part.Length > 0 && magic.StartsWith(part);
        }
    }

    /// <summary>Writes the page of the whole file.</summary>
    public static void WriteFile(Span<byte> page, BlockPlan plan, ulong frozenSum)
    {
        PrepareFile(page, plan);
        BinaryPrimitives.WriteUInt64LittleEndian(page[96..], frozenSum);
        Seal(page);
    }

    /// <summary>Reads the page of the whole file, and gives the checksum of its frozen part.</summary>
    public static HeaderState ReadFile(ReadOnlySpan<byte> page, BlockPlan plan, out ulong frozenSum)
    {
        frozenSum = BinaryPrimitives.ReadUInt64LittleEndian(page[96..]);
        Span<byte> expected = stackalloc byte[BlockPlan.HeaderBytes];
        PrepareFile(expected, plan);
        return StateOf(page, page[..96].SequenceEqual(expected[..96]));
    }

    /// <summary>Writes the page of a slot.</summary>
    public static void WriteSlot(Span<byte> page, BlockPlan plan, int slot, StoredVersion version, ulong trainedSum)
    {
        PrepareSlot(page, plan, slot);
        BinaryPrimitives.WriteInt64LittleEndian(page[64..], version.Step);
        BinaryPrimitives.WriteUInt64LittleEndian(page[72..], version.Chain);
        BinaryPrimitives.WriteUInt64LittleEndian(page[80..], trainedSum);
        Seal(page);
    }

    /// <summary>Reads the page of a slot, and gives its version and the checksum of its trained part.</summary>
    public static HeaderState ReadSlot(ReadOnlySpan<byte> page, BlockPlan plan, int slot, out StoredVersion version, out ulong trainedSum)
    {
        var step = BinaryPrimitives.ReadInt64LittleEndian(page[64..]);
        version = new StoredVersion((int)Math.Clamp(step, 0, int.MaxValue), BinaryPrimitives.ReadUInt64LittleEndian(page[72..]));
        trainedSum = BinaryPrimitives.ReadUInt64LittleEndian(page[80..]);
        Span<byte> expected = stackalloc byte[BlockPlan.HeaderBytes];
        PrepareSlot(expected, plan, slot);
        return StateOf(page, step == version.Step && page[..64].SequenceEqual(expected[..64]));
    }

    private static void PrepareFile(Span<byte> page, BlockPlan plan)
    {
        page.Clear();
        FileMagic.CopyTo(page);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], Format);
        BinaryPrimitives.WriteInt32LittleEndian(page[12..], plan.Index);
        BinaryPrimitives.WriteInt64LittleEndian(page[16..], plan.TrainedBytes);
        BinaryPrimitives.WriteInt64LittleEndian(page[24..], plan.FrozenBytes);
        plan.Origin.CopyTo(page[32..]);
        plan.NameDigest.CopyTo(page[64..]);
    }

    private static void PrepareSlot(Span<byte> page, BlockPlan plan, int slot)
    {
        page.Clear();
        SlotMagic.CopyTo(page);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], Format);
        BinaryPrimitives.WriteInt32LittleEndian(page[12..], slot);
        BinaryPrimitives.WriteInt64LittleEndian(page[16..], plan.TrainedBytes);
        plan.Origin.CopyTo(page[32..]);
    }

    private static void Seal(Span<byte> page) => BinaryPrimitives.WriteUInt32LittleEndian(page[CrcAt..], Crc32C.Of(page[..CrcAt]));

    private static HeaderState StateOf(ReadOnlySpan<byte> page, bool isOfThisBlock)
    {
        if (!page.ContainsAnyExcept((byte)0)) return HeaderState.Empty;
        if (Crc32C.Of(page[..CrcAt]) != BinaryPrimitives.ReadUInt32LittleEndian(page[CrcAt..])) return HeaderState.Damaged;
        return isOfThisBlock ? HeaderState.Sound : HeaderState.Other;
    }
}
