using System.Security.Cryptography;
using System.Text;

namespace DistZO.Devices;

/// <summary>What a block's file is to hold, and where: docs/formats/blocks.md.</summary>
internal sealed class BlockPlan
{
    /// <summary>What the names of block files end in.</summary>
    public const string Suffix = ".distzo-block";

    /// <summary>Bytes of a header.</summary>
    public const int HeaderBytes = BlockLayout.Alignment;

    /// <summary>Bytes of the headers of the file and of its two slots, with which it begins.</summary>
    public const int HeadersBytes = 3 * HeaderBytes;

    /// <summary>Bytes of an origin.</summary>
    public const int OriginBytes = 32;

    private const int LongestName = 80;

    /// <param name="layout">The block.</param>
    /// <param name="index">Its position in the model.</param>
    /// <param name="origin">What the base, the layout and the number formats are, as a digest.</param>
    public BlockPlan(BlockLayout layout, int index, ReadOnlySpan<byte> origin)
    {
        if (origin.Length != OriginBytes) throw new ArgumentOutOfRangeException(nameof(origin));
        (Name, Index, TrainedBytes, FrozenBytes) = (layout.Name, index, layout.TrainedBytes, layout.Bytes - layout.TrainedBytes);
        Origin = origin.ToArray();
        NameDigest = SHA256.HashData(Encoding.UTF8.GetBytes(Name));
        var safe = Name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_').Take(LongestName);
        FileName = $"{index:D5}-{string.Concat(safe)}{Suffix}";
    }

    public string Name { get; }

    public int Index { get; }

    public long TrainedBytes { get; }

    public long FrozenBytes { get; }

    public byte[] Origin { get; }

    /// <summary>SHA-256 of the name.</summary>
    public byte[] NameDigest { get; }

    /// <summary>A name that every file system takes, and no other block of the model has.</summary>
    public string FileName { get; }

    /// <summary>Bytes of the file: three headers, the trained part twice, the frozen part.</summary>
    public long FileBytes => FrozenAt + FrozenBytes;

    public long FrozenAt => TrainedAt(2);

    /// <summary>Where the header of a slot stands.</summary>
    public static long SlotHeaderAt(int slot) => HeaderBytes * (1L + slot);

    /// <summary>Where the trained part of a slot begins.</summary>
    public long TrainedAt(int slot) => HeadersBytes + (slot * TrainedBytes);
}
