using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// Unicode normalization form C (Unicode Standard Annex 15). The platform's own does nothing under invariant globalization, and its
/// result would depend on the Unicode version of the machine.
/// </summary>
internal sealed class NfcNormalizer : TextNormalizer
{
    /// <summary>Below it every character is its own normal form and none combines with the one before.</summary>
    private const char FirstOfInterest = '\u0300';

    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TailCount = 28, SyllableCount = LeadCount * VowelCount * TailCount;

    private readonly CanonicalData _data = CanonicalData.Instance;

    public override string Normalize(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange(FirstOfInterest, char.MaxValue) < 0) return text;

        var characters = new List<(int CodePoint, byte Class)>(text.Length + 16);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, characters);
        Reorder(characters);
        return Compose(characters);
    }

    private void Decompose(int codePoint, List<(int CodePoint, byte Class)> output)
    {
        int syllable = codePoint - SyllableBase;
        if (syllable is >= 0 and < SyllableCount)
        {
            output.Add((LeadBase + (syllable / (VowelCount * TailCount)), 0));
            output.Add((VowelBase + (syllable / TailCount % VowelCount), 0));
            if (syllable % TailCount != 0) output.Add((TailBase + (syllable % TailCount), 0));
        }
        else if (codePoint >= 0xC0 && _data.TryDecompose(codePoint, out var parts))
        {
            Decompose(parts.First, output);
            if (parts.Second >= 0) Decompose(parts.Second, output);
        }
        else
        {
            output.Add((codePoint, codePoint < FirstOfInterest ? (byte)0 : _data.CombiningClass(codePoint)));
        }
    }

    /// <summary>Sorts each run of combining characters by class, keeping the order of equals.</summary>
    private static void Reorder(List<(int CodePoint, byte Class)> characters)
    {
        for (int start = 0, end; start < characters.Count; start = end)
        {
            end = start + 1;
            if (characters[start].Class == 0) continue;
            bool sorted = true;
            for (; end < characters.Count && characters[end].Class != 0; end++)
                sorted &= characters[end - 1].Class <= characters[end].Class;
            if (sorted) continue;

            var run = characters.GetRange(start, end - start).OrderBy(c => c.Class).ToArray();
            for (int i = 0; i < run.Length; i++) characters[start + i] = run[i];
        }
    }

    /// <summary>Composes each starter with what follows it, unless something of the same or a higher class stands between.</summary>
    private string Compose(List<(int CodePoint, byte Class)> characters)
    {
        var output = new List<int>(characters.Count);
        int starter = -1;
        int lastClass = 0; // of the characters kept since the starter; 0: none
        foreach (var (codePoint, combiningClass) in characters)
        {
            bool blocked = lastClass != 0 && lastClass >= combiningClass;
            if (starter >= 0 && !blocked && TryCompose(output[starter], codePoint, out int composed))
            {
                output[starter] = composed;
                continue;
            }

            if (combiningClass == 0) starter = output.Count;
            lastClass = combiningClass;
            output.Add(codePoint);
        }

        var text = new StringBuilder(output.Count + 16);
        Span<char> units = stackalloc char[2];
        foreach (int codePoint in output) text.Append(units[..new Rune(codePoint).EncodeToUtf16(units)]);
        return text.ToString();
    }

    private bool TryCompose(int first, int second, out int composed)
    {
        composed = 0;
        if (first is >= LeadBase and < LeadBase + LeadCount && second is >= VowelBase and < VowelBase + VowelCount)
            composed = SyllableBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TailCount);
        else if (first is >= SyllableBase and < SyllableBase + SyllableCount && (first - SyllableBase) % TailCount == 0
            && second is > TailBase and < TailBase + TailCount)
            composed = first + second - TailBase;
        return composed != 0 || (second >= FirstOfInterest && _data.TryCompose(first, second, out composed));
    }
}
