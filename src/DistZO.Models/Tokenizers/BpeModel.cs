using System.Text.Json;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// A byte-pair encoding model as tokenizer.json describes it, but for what single characters become
/// (<see cref="CharacterSymbols"/>). Immutable; encoding is <see cref="WordEncoder"/>'s.
/// </summary>
/// <param name="Vocabulary">Its tokens.</param>
/// <param name="Merges">Its merges.</param>
/// <param name="IgnoreMerges">A word that is in the vocabulary as a whole is that token, whether or not the merges lead to it.</param>
internal sealed record BpeModel(Vocabulary Vocabulary, MergeTable Merges, bool IgnoreMerges)
{
    /// <summary>Reads <c>model</c>; refuses other types than BPE and options that none of the supported tokenizers use.</summary>
    public static BpeModel Read(JsonPlace place)
    {
        // Files of the first years name no type; then merges mark a BPE model.
        if ((!place["type"].IsNull || place["merges"].IsNull) && place.Type() != "BPE") throw place.Unsupported("BPE");
        RefuseOptions(place);

        var vocabulary = Vocabulary.Read(place["vocab"]);
        return new BpeModel(vocabulary, MergeTable.Read(place["merges"], vocabulary), place["ignore_merges"].Flag(absent: false));
    }

    private static void RefuseOptions(JsonPlace place)
    {
        var dropout = place["dropout"];
        bool zero = dropout.Value.ValueKind == JsonValueKind.Number && dropout.Value.GetDouble() == 0;
        if (!dropout.IsNull && !zero) throw dropout.Bad("random merges are not supported; set it to null");
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            var affix = place[name];
            if (!affix.IsNull && affix.Text().Length > 0) throw affix.Bad($"'{affix.Text()}' is not supported (supported: null)");
        }
    }
}
