using System.Buffers;
using System.Globalization;
using System.Text;

namespace DistZO.Rpc.Framing;

/// <summary>The message of a status on the wire: UTF-8, with every byte that is not printable ASCII, and %, as %XX.</summary>
internal static class StatusMessage
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create([.. Enumerable.Range(0x20, 0x5F).Select(code => (char)code).Where(character => character != '%')]);

    public static string Encode(string message)
    {
        if (!message.AsSpan().ContainsAnyExcept(Plain)) return message;
        var encoded = new StringBuilder(message.Length * 3);
        foreach (byte part in Encoding.UTF8.GetBytes(message))
        {
            if (Plain.Contains((char)part)) encoded.Append((char)part);
            else encoded.Append('%').Append(part.ToString("X2", CultureInfo.InvariantCulture));
        }
        return encoded.ToString();
    }

    /// <summary>The message again. What is no valid %XX stays as it is: a damaged message is better than none.</summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%')) return encoded;
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        int length = 0;
        for (int at = 0; at < encoded.Length; at++)
        {
            if (encoded[at] == '%' && at + 2 < encoded.Length && IsHex(encoded[at + 1]) && IsHex(encoded[at + 2]))
            {
                bytes[length++] = byte.Parse(encoded.AsSpan(at + 1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                at += 2;
            }
            else
            {
                length += Encoding.UTF8.GetBytes(encoded, at, 1, bytes, length);
            }
        }
        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private static bool IsHex(char character) => char.IsAsciiHexDigit(character);
}
