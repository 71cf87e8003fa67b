using System.Numerics;
using System.Text.Json;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// The merges of a BPE model: a pair of ids to its rank (its place in the list; lower merges first) and the id that it makes.
/// An open-addressed hash table, because this look-up is most of the work of encoding a new word.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>SentencePiece's mark of a space (U+2581), with which words begin.</summary>
    public const char WordMark = '\u2581';

    /// <summary>Marks a free slot; no pair has it, since ids are not negative.</summary>
    private const ulong Free = ulong.MaxValue;

    private readonly ulong[] _pairs;
    private readonly (int Rank, int Id)[] _merges;
    private readonly int _shift;

    private MergeTable(int count)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(count, 4) * 2);
        _pairs = new ulong[size];
        Array.Fill(_pairs, Free);
        _merges = new (int, int)[size];
        _shift = 64 - BitOperations.Log2((uint)size);
    }

    /// <summary>No merge joins the end of one word to the <see cref="WordMark"/> of the next.</summary>
    public bool KeepsWordsApart { get; private set; } = true;

    /// <summary>
    /// Reads <c>model.merges</c>, each a text "a b" or a list ["a", "b"]; of a pair that occurs twice the last one counts.
    /// </summary>
    public static MergeTable Read(JsonPlace place, Vocabulary vocabulary)
    {
        var items = place.Items().ToArray();
        var table = new MergeTable(items.Length);
        int rank = 0;
        foreach (var item in items)
        {
            if (ReadPair(item) is not var (left, right)) continue;
            string whole = left + right;
            table.Set(Find(left), Find(right), rank++, Find(whole));
            if (right.StartsWith(WordMark) && !left.EndsWith(WordMark)) table.KeepsWordsApart = false;

            int Find(string token) => vocabulary.TryGetId(token, out int id)
                ? id
                : throw item.Bad($"'{token}' is not in model.vocab; the file is damaged or the two are of different models");
        }

        return table;
    }

    /// <summary>Finds the merge of two neighbours.</summary>
    public bool TryGet(int left, int right, out int rank, out int id)
    {
        int slot = Slot(Pair(left, right));
        (rank, id) = _merges[slot];
        return _pairs[slot] != Free;
    }

    private void Set(int left, int right, int rank, int id)
    {
        ulong pair = Pair(left, right);
        int slot = Slot(pair);
        _pairs[slot] = pair;
        _merges[slot] = (rank, id);
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    /// <summary>The slot of the pair, or the free one where it would go. The table is never more than half full.</summary>
    private int Slot(ulong pair)
    {
        // Fibonacci hashing: the high bits of the product depend on all bits of the pair.
        int slot = (int)((pair * 0x9E3779B97F4A7C15UL) >> _shift);
        while (_pairs[slot] != pair && _pairs[slot] != Free) slot = (slot + 1) & (_pairs.Length - 1);
        return slot;
    }

    /// <summary>The two texts of a merge; null for the version line that old files carried over from merges.txt.</summary>
    private static (string Left, string Right)? ReadPair(JsonPlace item)
    {
        if (item.Value.ValueKind == JsonValueKind.Array)
        {
            var parts = item.Items().ToArray();
            return parts.Length == 2 ? (parts[0].Text(), parts[1].Text()) : throw item.Bad($"a merge has 2 parts, this one {parts.Length}");
        }

        string text = item.Text();
        if (text.StartsWith("#version", StringComparison.Ordinal)) return null;
        string[] halves = text.Split(' ');
        return halves.Length == 2 ? (halves[0], halves[1]) : throw item.Bad($"a merge is 'left right' with one space, not '{text}'");
    }
}
