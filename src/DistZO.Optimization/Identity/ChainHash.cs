using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace DistZO.Optimization;

/// <summary>
/// Names a run and everything that was committed to it so far: the first 8 bytes of SHA-256 of the identity, then of the hash before
/// and each record's payload. Two runs with equal chain hashes after t steps have equal weights at t.
/// </summary>
/// <param name="Value">The 8 bytes read as a little-endian number.</param>
public readonly record struct ChainHash(ulong Value)
{
    public const int Size = 8;

    /// <summary>chain₀ of a run.</summary>
    public static ChainHash Start(ReadOnlySpan<byte> identityDigest) => Read(identityDigest);

    /// <summary>The hash after a record, from its payload without the chain field.</summary>
    public ChainHash Next(ReadOnlySpan<byte> payload)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> before = stackalloc byte[Size];
        Write(before);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(before);
        hash.AppendData(payload);
        hash.GetHashAndReset(digest);
        return Read(digest);
    }

    public static ChainHash Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64LittleEndian(bytes));

    public void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt64LittleEndian(bytes, Value);

    /// <summary>The inverse of <see cref="ToString"/>; null for any other text.</summary>
    public static ChainHash? Parse(string text) =>
        text.Length == 16 && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? new ChainHash(BinaryPrimitives.ReverseEndianness(value))
            : null;

    /// <summary>The 8 bytes in hexadecimal, in their order.</summary>
    public override string ToString() => BinaryPrimitives.ReverseEndianness(Value).ToString("x16", CultureInfo.InvariantCulture);
}
