using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// The printable alphabet in which byte-level vocabularies write bytes: printable Latin-1 stands for itself, the other bytes are
/// numbered from U+0100 on in byte order (GPT-2, encoder.py, bytes_to_unicode).
/// </summary>
internal static class ByteLevelAlphabet
{
    private const int FirstStandIn = 0x100;

    private static readonly char[] Letters = MakeLetters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The letter that stands for a byte.</summary>
    public static char Letter(byte value) => Letters[value];

    /// <summary>
    /// Appends the bytes that a token stands for. A token with any character outside the alphabet (an added token, as a rule)
    /// stands for its own UTF-8 bytes.
    /// </summary>
    public static void AppendBytes(string token, List<byte> bytes)
    {
        int start = bytes.Count;
        foreach (char c in token)
        {
            if (c >= Bytes.Length || Bytes[c] < 0)
            {
                bytes.RemoveRange(start, bytes.Count - start);
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }

            bytes.Add((byte)Bytes[c]);
        }
    }

    private static char[] MakeLetters()
    {
        var letters = new char[256];
        char standIn = (char)FirstStandIn;
        for (int b = 0; b < 256; b++)
        {
            bool printable = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xFF and not 0xAD);
            letters[b] = printable ? (char)b : standIn++;
        }

        return letters;
    }

    private static short[] MakeBytes()
    {
        var bytes = new short[Letters.Max() + 1];
        Array.Fill(bytes, (short)-1);
        for (int b = 0; b < 256; b++) bytes[Letters[b]] = (short)b;
        return bytes;
    }
}
