using System.Text.Json;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// The splits of a byte-level pre-tokenizer: first each splitter of the Sequence cuts what the one before it left, then ByteLevel puts
/// a space in front of each piece, if asked, and cuts it by GPT-2's pattern, if asked.
/// </summary>
/// <param name="Splits">The Split components in front of ByteLevel.</param>
/// <param name="AddPrefixSpace">Whether every piece is made to begin with a space.</param>
/// <param name="ByteLevelSplit">ByteLevel's own pattern, or null where <c>use_regex</c> is false.</param>
internal sealed record PreTokenizer(WordSplitter[] Splits, bool AddPrefixSpace, WordSplitter? ByteLevelSplit)
{
    private const string Supported = "ByteLevel, Split followed by ByteLevel, Sequence of these";

    /// <summary>Reads <c>pre_tokenizer</c>; refuses whatever does not end in ByteLevel.</summary>
    public static PreTokenizer Read(JsonPlace place)
    {
        if (place.IsNull) throw place.Bad($"a tokenizer without a pre-tokenizer is not supported (supported: {Supported})");
        var parts = new List<JsonPlace>();
        Flatten(place, parts);
        if (parts.Count == 0) throw place.Bad($"the sequence is empty (supported: {Supported})");

        var splits = parts.SkipLast(1).Select(ReadSplit).ToArray();
        var last = parts[^1];
        if (last.Type() != "ByteLevel") throw last.Unsupported($"the last part must be ByteLevel");
        last["trim_offsets"].Flag();
        return new PreTokenizer(splits, last["add_prefix_space"].Flag(), last["use_regex"].Flag(absent: true) ? new Gpt2Splitter() : null);
    }

    private static void Flatten(JsonPlace place, List<JsonPlace> parts)
    {
        if (place.Type() != "Sequence")
        {
            parts.Add(place);
            return;
        }

        foreach (var part in place["pretokenizers"].Items()) Flatten(part, parts);
    }

    private static WordSplitter ReadSplit(JsonPlace place)
    {
        if (place.Type() != "Split") throw place.Unsupported(Supported);

        // The patterns match everywhere, so there is nothing between matches: keeping the matches is all that either of these does.
        string behavior = place["behavior"].Text();
        bool invert = place["invert"].Flag();
        if (behavior != "Isolated" && !(behavior == "Removed" && invert))
            throw place["behavior"].Bad($"'{behavior}' is not supported for this pattern (supported: Isolated)");

        var pattern = place["pattern"];
        if (pattern.Value.ValueKind == JsonValueKind.Object && pattern["Regex"].IsNull)
            throw pattern.Bad("only a Regex pattern is supported");
        return pattern["Regex"].Text() switch
        {
            Gpt2Splitter.Pattern or Gpt2Splitter.ShortPattern => new Gpt2Splitter(),
            Llama3Splitter.Llama3Pattern => new Llama3Splitter(maxDigits: 3),
            Llama3Splitter.QwenPattern => new Llama3Splitter(maxDigits: 1),
            _ => throw pattern["Regex"].Bad("this regular expression is not supported (supported: those of GPT-2, LLaMA-3 and Qwen)"),
        };
    }
}
