using System.Runtime.InteropServices;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// Remembers the ids of words that were encoded before: text is mostly words seen before. Two arenas and one open-addressed table, so
/// a hit allocates nothing and a miss hardly ever. When full it starts afresh, which follows a text that changes its language.
/// Not for two threads.
/// </summary>
internal sealed class WordCache
{
    private const int LongestWord = 48;
    private const int Slots = 1 << 16;
    private const int Capacity = Slots / 2;

    /// <summary>A longer chain than chance makes means an adversary; such words are encoded each time instead.</summary>
    private const int LongestChain = 16;

    private readonly Entry[] _table = new Entry[Slots];
    private char[] _texts = new char[1 << 12];
    private int[] _ids = new int[1 << 12];
    private int _textCount;
    private int _idCount;
    private int _count;

    /// <summary>The ids of the word, if it is known.</summary>
    public bool TryGet(ReadOnlySpan<char> word, out ReadOnlySpan<int> ids)
    {
        ids = default;
        if (word.Length > LongestWord) return false;
        uint hash = Hash(word);
        for (int i = 0; i < LongestChain; i++)
        {
            ref readonly var entry = ref _table[(hash + i) % Slots];
            if (entry.TextLength == 0) return false;
            if (entry.Hash != hash || !word.SequenceEqual(_texts.AsSpan(entry.TextStart, entry.TextLength))) continue;
            ids = _ids.AsSpan(entry.IdStart, entry.IdCount);
            return true;
        }

        return false;
    }

    /// <summary>Remembers a word that <see cref="TryGet"/> did not find; a long one is left out.</summary>
    public void Add(ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (word.Length is 0 or > LongestWord) return;
        if (_count == Capacity) Clear();
        uint hash = Hash(word);
        for (int i = 0; i < LongestChain; i++)
        {
            ref var entry = ref _table[(hash + i) % Slots];
            if (entry.TextLength != 0) continue;
            entry = new Entry(hash, Store(ref _texts, ref _textCount, word), Store(ref _ids, ref _idCount, ids), word.Length, ids.Length);
            _count++;
            return;
        }
    }

    private void Clear()
    {
        Array.Clear(_table);
        _count = _textCount = _idCount = 0;
    }

    private static int Store<T>(ref T[] arena, ref int used, ReadOnlySpan<T> items)
    {
        if (used + items.Length > arena.Length) Array.Resize(ref arena, 2 * arena.Length);
        items.CopyTo(arena.AsSpan(used));
        used += items.Length;
        return used - items.Length;
    }

    /// <summary>Multiplies four characters at a time; the high half mixes all of them.</summary>
    private static uint Hash(ReadOnlySpan<char> word)
    {
        const ulong Factor = 0x9E3779B97F4A7C15UL;
        ulong hash = (ulong)word.Length * Factor;
        for (; word.Length >= 4; word = word[4..])
            hash = (ulong.RotateLeft(hash, 29) ^ MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(word))) * Factor;
        foreach (char c in word) hash = (ulong.RotateLeft(hash, 29) ^ c) * Factor;
        return (uint)(hash >> 32);
    }

    private readonly struct Entry(uint hash, int textStart, int idStart, int textLength, int idCount)
    {
        public readonly uint Hash = hash;
        public readonly int TextStart = textStart;
        public readonly int IdStart = idStart;
        public readonly ushort TextLength = (ushort)textLength;
        public readonly ushort IdCount = (ushort)idCount;
    }
}
