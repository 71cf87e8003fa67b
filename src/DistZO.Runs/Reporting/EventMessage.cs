using System.Buffers.Binary;
using System.Text;

namespace DistZO.Runs;

/// <summary>
/// TensorBoard's <c>Event</c> as protocol buffer bytes, of the few fields that are needed: 1 wall_time (double), 2 step (int64),
/// 3 file_version (string), 5 summary, 7 session_log. A summary is a list (field 1) of values: 1 tag (string), 2 simple_value
/// (float); a session_log says in field 1 that a session starts.
/// </summary>
internal sealed class EventMessage
{
    private const int Varint = 0;
    private const int Fixed64 = 1;
    private const int LengthDelimited = 2;
    private const int Fixed32 = 5;

    private readonly MemoryStream _bytes = new();

    /// <summary>What every event file starts with.</summary>
    public static byte[] FileVersion(double wallTime) => At(wallTime, 0).Text(3, "brain.Event:2").Bytes;

    /// <summary>Steps from <paramref name="firstStep"/> on, told by older files, hold no more.</summary>
    public static byte[] SessionStart(double wallTime, long firstStep) =>
        At(wallTime, firstStep).Message(7, new EventMessage().Number(1, 1)).Bytes;

    /// <summary>Values of one step.</summary>
    public static byte[] Scalars(double wallTime, long step, IEnumerable<(string Tag, double Value)> scalars)
    {
        var summary = new EventMessage();
        foreach (var (tag, value) in scalars) summary.Message(1, new EventMessage().Text(1, tag).Float(2, (float)value));
        return At(wallTime, step).Message(5, summary).Bytes;
    }

    private byte[] Bytes => _bytes.ToArray();

    private static EventMessage At(double wallTime, long step) => new EventMessage().Double(1, wallTime).Number(2, step);

    private EventMessage Double(int field, double value)
    {
        Key(field, Fixed64);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    private EventMessage Float(int field, float value)
    {
        Key(field, Fixed32);
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
        _bytes.Write(bytes);
        return this;
    }

    private EventMessage Number(int field, long value)
    {
        Key(field, Varint);
        Base128((ulong)value);
        return this;
    }

    private EventMessage Text(int field, string value) => Delimited(field, Encoding.UTF8.GetBytes(value));

    private EventMessage Message(int field, EventMessage value) => Delimited(field, value.Bytes);

    private EventMessage Delimited(int field, byte[] value)
    {
        Key(field, LengthDelimited);
        Base128((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    private void Key(int field, int wireType) => Base128((ulong)((field << 3) | wireType));

    private void Base128(ulong value)
    {
        for (; value >= 0x80; value >>= 7) _bytes.WriteByte((byte)(value | 0x80));
        _bytes.WriteByte((byte)value);
    }
}
