using System.Buffers;
using Grpc.Core;

namespace DistZO.Rpc.Framing;

/// <summary>
/// Metadata as header fields: text as it is, bytes as base64 without padding. Headers of the protocol itself are no metadata.
/// </summary>
internal static class WireMetadata
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        WireNames.Status, WireNames.Message, WireNames.Timeout, WireNames.Encoding, WireNames.AcceptEncoding,
        "content-type", "content-length", "te", "host", "connection", "keep-alive", "transfer-encoding", "upgrade", "trailer",
    };

    private static readonly SearchValues<char> Printable =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(code => (char)code)]);

    /// <summary>The value of an entry's header. Throws <see cref="RpcException"/> for an entry that can't travel.</summary>
    public static string Encode(Metadata.Entry entry)
    {
        if (Reserved.Contains(entry.Key)) throw Invalid($"\"{entry.Key}\" is a header of the protocol and no metadata.");
        if (entry.IsBinary) return Convert.ToBase64String(entry.Bytes).TrimEnd('=');
        return entry.Value.AsSpan().ContainsAnyExcept(Printable)
            ? throw Invalid($"The metadata \"{entry.Key}\" has characters other than printable ASCII; bytes travel under keys in \"-bin\".")
            : entry.Value;
    }

    /// <summary>
    /// Adds a header that came in, unless it belongs to the protocol. Binary values may be several, with commas between. Throws
    /// <see cref="RpcException"/> for a binary value that is not base64.
    /// </summary>
    public static void Decode(string key, string? value, Metadata metadata)
    {
        if (value is null || Reserved.Contains(key) || !IsKey(key)) return;
        if (!Metadata.Entry.HasBinarySuffix(key))
        {
            metadata.Add(key, value);
            return;
        }
        foreach (string part in value.Split(',', StringSplitOptions.TrimEntries)) metadata.Add(key, FromBase64(key, part));
    }

    private static byte[] FromBase64(string key, string text)
    {
        string bare = text.TrimEnd('=');
        byte[] bytes = new byte[bare.Length * 3 / 4];
        return Convert.TryFromBase64String(bare.PadRight((bare.Length + 3) / 4 * 4, '='), bytes, out int written) && written == bytes.Length
            ? bytes
            : throw Invalid($"The metadata \"{key}\" is not base64.");
    }

    /// <summary>HTTP allows more characters in names than gRPC does in keys.</summary>
    private static bool IsKey(string name)
    {
        foreach (char character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or '-')) return false;
        }
        return name.Length > 0;
    }

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.Internal, detail));
}
