using System.Globalization;
using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// The symbols that a word starts out with, before any merge: each character's own; where the vocabulary lacks it those of its UTF-8
/// bytes (byte fallback), or the unknown token, or nothing. Immutable.
/// </summary>
internal sealed class CharacterSymbols
{
    /// <summary>What a span of symbols must have room for, for each UTF-16 unit: no unit takes more than three bytes of UTF-8.</summary>
    public const int MostPerUnit = 3;

    private const int None = -1;

    private readonly Vocabulary _vocabulary;

    /// <summary>The symbol of each character of one unit, or none.</summary>
    private readonly int[] _units = new int[char.MaxValue + 1];

    /// <summary>The symbol of each byte, or none; null where bytes don't stand in.</summary>
    private readonly int[]? _bytes;

    private readonly int _unknown = None;
    private readonly bool _fuseUnknown;

    private CharacterSymbols(JsonPlace model, Vocabulary vocabulary, bool byteLevel)
    {
        _vocabulary = vocabulary;
        for (int c = 0; c < _units.Length; c++) _units[c] = Id([(char)c]);
        if (model["byte_fallback"].Flag(absent: false))
            _bytes = [.. Enumerable.Range(0, 256).Select(b => Id(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")))];
        _fuseUnknown = model["fuse_unk"].Flag(absent: false);

        var unknown = model["unk_token"];
        if (unknown.IsNull) return;
        _unknown = Id(unknown.Text());
        bool needed = byteLevel
            ? Enumerable.Range(0, 256).Any(b => !Knows(ByteLevelAlphabet.Letter((byte)b)))
            : _bytes is null || _bytes.Contains(None);
        if (_unknown == None && needed)
            throw unknown.Bad($"'{unknown.Text()}' is not in model.vocab, and some {(byteLevel ? "bytes" : "characters")} aren't either");
    }

    /// <summary>Reads the options of <c>model</c> that concern single characters.</summary>
    /// <param name="model">The field.</param>
    /// <param name="vocabulary">Its vocabulary.</param>
    /// <param name="byteLevel">Whether words come as letters of <see cref="ByteLevelAlphabet"/>.</param>
    public static CharacterSymbols Read(JsonPlace model, Vocabulary vocabulary, bool byteLevel) => new(model, vocabulary, byteLevel);

    /// <summary>Whether a character has a symbol of its own.</summary>
    public bool Knows(char c) => _units[c] != None;

    /// <summary>
    /// Writes the symbols of well-formed UTF-16; returns how many. The unknown token waits for a known character or another unknown
    /// one, and so comes after the bytes of one that falls back, as in the library.
    /// </summary>
    public int Fill(ReadOnlySpan<char> word, Span<int> symbols)
    {
        int count = 0;
        bool waiting = false;
        for (int at = 0, length; at < word.Length; at += length)
        {
            length = char.IsHighSurrogate(word[at]) && at + 1 < word.Length ? 2 : 1;
            int id = length == 1 ? _units[word[at]] : Id(word.Slice(at, length));
            if (id != None)
            {
                if (waiting) symbols[count++] = _unknown;
                waiting = false;
                symbols[count++] = id;
            }
            else if (!TryFallBack(word.Slice(at, length), symbols, ref count) && _unknown != None)
            {
                if (waiting && !_fuseUnknown) symbols[count++] = _unknown;
                waiting = true;
            }
        }

        if (waiting) symbols[count++] = _unknown;
        return count;
    }

    private bool TryFallBack(ReadOnlySpan<char> character, Span<int> symbols, ref int count)
    {
        if (_bytes is null) return false;
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..Encoding.UTF8.GetBytes(character, bytes)];
        foreach (byte b in bytes)
        {
            if (_bytes[b] == None) return false;
        }

        foreach (byte b in bytes) symbols[count++] = _bytes[b];
        return true;
    }

    private int Id(ReadOnlySpan<char> token) => _vocabulary.TryGetId(token, out int id) ? id : None;
}
