using System.Text;

namespace DistZO.Models.Tokenizers;

/// <summary>Encodes words by a model, with the scratch memory and the cache that this takes. For one thread at a time.</summary>
internal sealed class WordEncoder(BpeModel model)
{
    private readonly WordCache _cache = new();
    private readonly PairMerger _merger = new(model.Merges);
    private byte[] _bytes = new byte[256];
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
        EncodeNew(word, ids);
        _cache.Add(word, ids.Span[start..]);
    }

    private void EncodeNew(ReadOnlySpan<char> word, IdBuffer ids)
    {
        int most = Encoding.UTF8.GetMaxByteCount(word.Length);
        if (_bytes.Length < most) _bytes = new byte[2 * most];
        var bytes = _bytes.AsSpan(0, Encoding.UTF8.GetBytes(word, _bytes));

        if (model.IgnoreMerges && TryGetWhole(bytes, out int whole))
        {
            ids.Add(whole);
            return;
        }

        int start = ids.Count;
        var symbols = ids.Append(bytes.Length);
        int count = _merger.Merge(symbols[..Symbols(bytes, symbols)]);
        ids.Truncate(start + count);
    }

    private bool TryGetWhole(ReadOnlySpan<byte> bytes, out int id)
    {
        if (_letters.Length < bytes.Length) _letters = new char[2 * bytes.Length];
        for (int i = 0; i < bytes.Length; i++) _letters[i] = ByteLevelAlphabet.Letter(bytes[i]);
        return model.Vocabulary.TryGetId(_letters.AsSpan(0, bytes.Length), out id);
    }

    /// <summary>Turns bytes into their ids, with the unknown ones replaced, fused or dropped as the model says; returns how many.</summary>
    private int Symbols(ReadOnlySpan<byte> bytes, Span<int> symbols)
    {
        int count = 0;
        bool afterUnknown = false;
        foreach (byte b in bytes)
        {
            int id = model.ByteIds[b];
            bool unknown = id == BpeModel.Unknown;
            if (!unknown) symbols[count++] = id;
            else if (model.UnknownId is { } unknownId && !(afterUnknown && model.FuseUnknown)) symbols[count++] = unknownId;
            afterUnknown = unknown;
        }

        return count;
    }
}
