using System.Text.Json;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// A byte-pair encoding model over bytes, as tokenizer.json describes it. Immutable; encoding is <see cref="WordEncoder"/>'s.
/// </summary>
internal sealed class BpeModel
{
    /// <summary>In <see cref="ByteIds"/>: the vocabulary lacks this byte.</summary>
    public const int Unknown = -1;

    private BpeModel(Vocabulary vocabulary, MergeTable merges, int[] byteIds, int? unknownId, bool fuseUnknown, bool ignoreMerges)
    {
        Vocabulary = vocabulary;
        Merges = merges;
        ByteIds = byteIds;
        UnknownId = unknownId;
        FuseUnknown = fuseUnknown;
        IgnoreMerges = ignoreMerges;
    }

    public Vocabulary Vocabulary { get; }

    public MergeTable Merges { get; }

    /// <summary>The id of each of the 256 bytes, or <see cref="Unknown"/>.</summary>
    public int[] ByteIds { get; }

    /// <summary>The id that stands for a byte which the vocabulary lacks; null: such bytes are dropped, as the library does.</summary>
    public int? UnknownId { get; }

    /// <summary>A run of unknown bytes gives one id.</summary>
    public bool FuseUnknown { get; }

    /// <summary>A word that is in the vocabulary as a whole is that token, whether or not the merges lead to it.</summary>
    public bool IgnoreMerges { get; }

    /// <summary>Reads <c>model</c>; refuses other types than BPE and options that byte-level models don't have.</summary>
    public static BpeModel Read(JsonPlace place)
    {
        // Files of the first years name no type; then merges mark a BPE model.
        if ((!place["type"].IsNull || place["merges"].IsNull) && place.Type() != "BPE") throw place.Unsupported("BPE");
        RefuseOptions(place);

        var vocabulary = Vocabulary.Read(place["vocab"]);
        var merges = MergeTable.Read(place["merges"], vocabulary);
        var byteIds = new int[256];
        for (int b = 0; b < byteIds.Length; b++)
            byteIds[b] = vocabulary.TryGetId([ByteLevelAlphabet.Letter((byte)b)], out int id) ? id : Unknown;

        int? unknownId = null;
        var unknown = place["unk_token"];
        if (!unknown.IsNull && byteIds.Contains(Unknown))
        {
            unknownId = vocabulary.TryGetId(unknown.Text(), out int id)
                ? id
                : throw unknown.Bad($"'{unknown.Text()}' is not in model.vocab, and some bytes aren't either");
        }

        return new BpeModel(
            vocabulary, merges, byteIds, unknownId, place["fuse_unk"].Flag(absent: false), place["ignore_merges"].Flag(absent: false));
    }

    private static void RefuseOptions(JsonPlace place)
    {
        var dropout = place["dropout"];
        bool zero = dropout.Value.ValueKind == JsonValueKind.Number && dropout.Value.GetDouble() == 0;
        if (!dropout.IsNull && !zero) throw dropout.Bad("random merges are not supported; set it to null");
        if (place["byte_fallback"].Flag(absent: false)) throw place["byte_fallback"].Bad("byte fallback is not supported");
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            var affix = place[name];
            if (!affix.IsNull && affix.Text().Length > 0) throw affix.Bad($"'{affix.Text()}' is not supported (supported: null)");
        }
    }
}
