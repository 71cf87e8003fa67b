using System.Buffers.Binary;

namespace DistZO.Optimization;

/// <summary>
/// The payload of a step record without its chain hash; docs/formats/ledger.md lists every byte. Step, status and method stand first
/// in every payload; what follows belongs to the method.
/// </summary>
public static class RecordCodec
{
    private const int FixedSize = 24;
    private const int DirectionSize = 28;

    /// <summary>The longest payload, chain hash included, of any method.</summary>
    public const int LongestPayload = 1 << 24;

    public static byte[] Encode(StepRecord record)
    {
        var bytes = new byte[FixedSize + (DirectionSize * record.Directions.Count)];
        var at = bytes.AsSpan();
        BinaryPrimitives.WriteInt64LittleEndian(at, record.Step);
        BinaryPrimitives.WriteUInt16LittleEndian(at[8..], (ushort)record.Status);
        BinaryPrimitives.WriteUInt16LittleEndian(at[10..], (ushort)record.Method);
        BinaryPrimitives.WriteInt32LittleEndian(at[12..], record.Terms);
        BinaryPrimitives.WriteSingleLittleEndian(at[16..], record.Decay);
        BinaryPrimitives.WriteInt32LittleEndian(at[20..], record.Directions.Count);
        at = at[FixedSize..];
        foreach (var direction in record.Directions)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(at, direction.Seed);
            BinaryPrimitives.WriteInt64LittleEndian(at[8..], direction.Plus);
            BinaryPrimitives.WriteInt64LittleEndian(at[16..], direction.Minus);
            BinaryPrimitives.WriteSingleLittleEndian(at[24..], direction.Coefficient);
            at = at[DirectionSize..];
        }

        return bytes;
    }

    /// <summary>Reads a payload whose checksum was right.</summary>
    /// <exception cref="FormatException">Something is wrong with it; the message says what.</exception>
    /// <exception cref="NotSupportedException">It is of a method that a later version brought; the message names it.</exception>
    public static StepRecord Decode(ReadOnlySpan<byte> bytes, long step)
    {
        if (bytes.Length < FixedSize) throw new FormatException("it is too short");
        var written = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        if (written != step) throw new FormatException($"it says that it is step {written}");
        var method = (Method)BinaryPrimitives.ReadUInt16LittleEndian(bytes[10..]);
        if (method != Method.MezoSgd) throw new NotSupportedException($"method {(int)method}");
        var status = (StepStatus)BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        if (status > StepStatus.Skipped) throw new FormatException($"its status {(int)status} is not known to this version");
        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        if (bytes.Length != FixedSize + ((long)DirectionSize * count)) throw new FormatException("its length does not fit its directions");
        var directions = new StepDirection[count];
        for (var d = 0; d < directions.Length; d++)
        {
            var at = bytes[(FixedSize + (DirectionSize * d))..];
            directions[d] = new StepDirection(
                BinaryPrimitives.ReadUInt64LittleEndian(at),
                BinaryPrimitives.ReadInt64LittleEndian(at[8..]),
                BinaryPrimitives.ReadInt64LittleEndian(at[16..]),
                BinaryPrimitives.ReadSingleLittleEndian(at[24..]));
        }

        var record = new StepRecord(
            step,
            status,
            method,
            directions,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadSingleLittleEndian(bytes[16..]));
        if (!IsConsistent(record)) throw new FormatException("its content contradicts its status");
        return record;
    }

    private static bool IsConsistent(StepRecord record) => record.Status == StepStatus.Skipped
        ? record.Equals(StepRecord.Skip(record.Step, record.Method))
        : record.Directions.Count > 0 && record.Terms > 0
            && float.IsFinite(record.Decay) && record.Directions.All(d => float.IsFinite(d.Coefficient));
}
