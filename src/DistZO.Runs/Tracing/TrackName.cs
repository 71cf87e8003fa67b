using System.Globalization;

namespace DistZO.Runs;

/// <summary>
/// The name of a track, taken apart: <c>upload</c> is a kind, and in <c>slot 1 upload</c> the slot is which of a worker's devices it is of.
/// Tracks stand in the order of their slots, in each what computes first, then what brings weights to it, then what takes them away.
/// </summary>
/// <param name="Text">The name as people see it.</param>
/// <param name="Slot">The device's number; null where there is one device only.</param>
/// <param name="Kind">What remains of the name.</param>
public sealed record TrackName(string Text, int? Slot, string Kind) : IComparable<TrackName>
{
    /// <summary>The kind of a track of kernels.</summary>
    public const string Compute = "compute";

    /// <summary>The kind of a track of what a host's thread waits for.</summary>
    public const string Host = "host";

    private const string SlotWord = "slot ";

    private static readonly string[] Kinds = [Compute, "gather", "upload", "write-back", "keep", Host];

    /// <summary>Whether it is of a device's kernels.</summary>
    public bool IsCompute => Kind == Compute;

    /// <summary>Whether it is of what the thread waits for that drives a device, or the whole worker.</summary>
    public bool IsHost => Kind == Host;

    /// <summary>Where it stands, for programs that sort by a number; tracks that are none of the known kinds have the same.</summary>
    public int Order => (((Slot ?? -1) + 1) * (Kinds.Length + 1)) + KindOrder;

    private int KindOrder => Array.IndexOf(Kinds, Kind) is var known && known < 0 ? Kinds.Length : known;

    public static TrackName Of(string text)
    {
        if (text.StartsWith(SlotWord, StringComparison.Ordinal))
        {
            var end = text.IndexOf(' ', SlotWord.Length);
            var digits = text.AsSpan()[SlotWord.Length..Math.Max(end, SlotWord.Length)];
            // A number that is written in another way than its own would be a second name of a slot.
            var isPlain = digits is "0" || (digits.Length > 0 && digits[0] != '0');
            if (isPlain && ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var slot))
                return new TrackName(text, slot, text[(end + 1)..]);
        }

        return new TrackName(text, null, text);
    }

    public int CompareTo(TrackName? other)
    {
        if (other is null) return 1;
        return Order != other.Order ? Order.CompareTo(other.Order) : string.CompareOrdinal(Text, other.Text);
    }
}
