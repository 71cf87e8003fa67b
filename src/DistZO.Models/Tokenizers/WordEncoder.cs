using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>Encodes words by a model, with the scratch memory and the cache that this takes. For one thread at a time.</summary>
/// <param name="model">The vocabulary and its merges.</param>
/// <param name="symbols">What single characters become.</param>
/// <param name="byteLevel">Whether the model sees the letters of <see cref="ByteLevelAlphabet"/> instead of the characters.</param>
internal sealed class WordEncoder(BpeModel model, CharacterSymbols symbols, bool byteLevel)
{
    private readonly WordCache _cache = new();
    private readonly PairMerger _merger = new(model.Merges);
    private byte[] _bytes = [];
    private char[] _letters = [];

    /// <summary>Appends the ids of one word, given as well-formed UTF-16.</summary>
    public void Encode(ReadOnlySpan<char> word, IdBuffer ids)
    {
        if (_cache.TryGet(word, out var known))
        {
            ids.Add(known);
            return;
        }

        int start = ids.Count;
        EncodeNew(byteLevel ? Letters(word) : word, ids);
        _cache.Add(word, ids.Span[start..]);
    }

    private void EncodeNew(ReadOnlySpan<char> word, IdBuffer ids)
    {
        if (model.IgnoreMerges && model.Vocabulary.TryGetId(word, out int whole))
        {
            ids.Add(whole);
            return;
        }

        int start = ids.Count;
        var room = ids.Append(CharacterSymbols.MostPerUnit * word.Length);
        int count = _merger.Merge(room[..symbols.Fill(word, room)]);
        ids.Truncate(start + count);
    }

    private ReadOnlySpan<char> Letters(ReadOnlySpan<char> word)
    {
        int most = Encoding.UTF8.GetMaxByteCount(word.Length);
        if (_bytes.Length < most)
        {
            _bytes = new byte[2 * most];
            _letters = new char[2 * most];
        }

        int count = Encoding.UTF8.GetBytes(word, _bytes);
        for (int i = 0; i < count; i++) _letters[i] = ByteLevelAlphabet.Letter(_bytes[i]);
        return _letters.AsSpan(0, count);
    }
}
