using System.Text;

namespace DistZO.Models.Tests.Tokenizers;

/// <summary>Random well-formed texts in which the characters that split patterns care about are frequent.</summary>
internal static class RandomText
{
    private static readonly string[] Frequent =
    [
        " ", "  ", "\t", "\n", "\r\n", "\u00A0", "\u3000", "'s", "'LL", "'", "\u017F", "hello", "Ab", "1", "²", "é", "e\u0301",
        "中", "한", "\U0001D400", "\U0001F600", "!", "—",
    ];

    public static string Next(Random random)
    {
        var text = new StringBuilder();
        for (int i = random.Next(20); i >= 0; i--)
        {
            if (random.Next(4) > 0)
            {
                text.Append(Frequent[random.Next(Frequent.Length)]);
                continue;
            }

            int codePoint = random.Next(2) == 0 ? random.Next(0x3000) : random.Next(0x110000);
            text.Append(Rune.IsValid(codePoint) ? new Rune(codePoint).ToString() : "?");
        }

        return text.ToString();
    }
}
