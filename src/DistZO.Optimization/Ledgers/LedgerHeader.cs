using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>What stands before the records: which run it is, and with which operational keys it was first started.</summary>
/// <param name="Identity">Decides the chain of hashes.</param>
/// <param name="Recipe">The effective recipe of the first start. Its operational keys are for information only.</param>
public sealed record LedgerHeader(RunIdentity Identity, Recipe Recipe)
{
    /// <summary>"DISTZOL" and a line feed, which a transfer in text mode would spoil.</summary>
    internal static ReadOnlySpan<byte> Magic => "DISTZOL\n"u8;

    internal const uint FormatVersion = 1;

    private const int PrefixSize = 16;
    private const int LongestJson = 1 << 28;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Magic, version, length, JSON, and the CRC-32C of all of them.</summary>
    internal byte[] Encode()
    {
        var json = Encoding.UTF8.GetBytes(CanonicalJson.Write(new JsonObject
        {
            ["identity"] = Identity.ToJson(),
            ["identity_digest"] = Identity.Digest,
            ["operational"] = Recipe.Operational(),
        }));
        var end = PrefixSize + json.Length;
        var bytes = new byte[end + sizeof(uint)];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(12), json.Length);
        json.CopyTo(bytes, PrefixSize);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(end), Crc32C.Of(bytes.AsSpan(0, end)));
        return bytes;
    }

    /// <summary>Reads the header and leaves the stream behind it. It is written whole or not at all, so a cut one is damage.</summary>
    internal static LedgerHeader Read(Stream stream, string path)
    {
        var prefix = new byte[PrefixSize];
        var got = stream.ReadAtLeast(prefix, PrefixSize, throwOnEndOfStream: false);
        var known = prefix.AsSpan(0, Magic.Length).SequenceEqual(Magic);
        if (!known) throw new BadInputException($"{path}: not a ledger (it does not begin with DISTZOL)");
        if (got < PrefixSize) throw Damaged(path, "it is cut off");
        var version = BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(8));
        if (version != FormatVersion)
        {
            throw new BadInputException($"{path}: ledger format {version}; this version of distzo reads format {FormatVersion}");
        }

        var length = BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(12));
        if (length > LongestJson) throw Damaged(path, "its length is impossible");
        if (stream.Length - PrefixSize < length + sizeof(uint)) throw Damaged(path, "it is cut off");
        var bytes = new byte[PrefixSize + (int)length];
        prefix.CopyTo(bytes, 0);
        stream.ReadExactly(bytes.AsSpan(PrefixSize));
        var crc = new byte[sizeof(uint)];
        stream.ReadExactly(crc);
        if (Crc32C.Of(bytes) != BinaryPrimitives.ReadUInt32LittleEndian(crc)) throw Damaged(path, "its checksum is wrong");
        return Parse(bytes.AsSpan(PrefixSize), path);
    }

    private static LedgerHeader Parse(ReadOnlySpan<byte> utf8, string path)
    {
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            var json = JsonNode.Parse(StrictUtf8.GetString(utf8), documentOptions: options) as JsonObject
                ?? throw new FormatException("it is not an object");
            var identity = RunIdentity.Parse(json["identity"]);
            var digest = (json["identity_digest"] as JsonValue)?.ToString();
            if (digest != identity.Digest) throw new FormatException("its identity does not fit its digest");
            var operational = json["operational"] as JsonObject ?? [];
            var trajectory = identity.ToJson()["recipe"]!.AsObject();
            return new LedgerHeader(identity, Recipe.FromJson([trajectory, operational], "the ledger's header"));
        }
        catch (BadInputException e)
        {
            throw new BadInputException($"{path}: {e.Message}; was it made by a newer version of distzo?", e);
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException or FormatException)
        {
            throw Damaged(path, e is FormatException ? e.Message : "it is not JSON");
        }
    }

    private static BadInputException Damaged(string path, string how) =>
        new($"{path}: the ledger's header is damaged: {how}; restore the file from a copy");
}
