using System.Text.Json;

namespace DistZO.Models.Tokenizers;

/// <summary>One step of a pre-tokenizer: it rewrites a piece of text, if it has a mark, then cuts it, if it has a splitter.</summary>
internal sealed record PreTokenizerStep(SpaceMark? Mark, WordSplitter? Splitter);

/// <summary>How a text is cut into words: each step takes the pieces that the one before it left.</summary>
/// <param name="Steps">The steps; none where the whole text is one word.</param>
/// <param name="ByteLevel">Whether the model sees the words in the letters of <see cref="ByteLevelAlphabet"/>.</param>
internal sealed record PreTokenizer(PreTokenizerStep[] Steps, bool ByteLevel)
{
    private const string Supported = "ByteLevel, Metaspace, Split, Sequence of these, null";

    /// <summary>Reads <c>pre_tokenizer</c>.</summary>
    public static PreTokenizer Read(JsonPlace place)
    {
        var parts = new List<JsonPlace>();
        if (!place.IsNull) Flatten(place, parts);
        int byteLevel = parts.FindIndex(part => part.Type() == "ByteLevel");
        if (byteLevel >= 0 && byteLevel < parts.Count - 1)
            throw parts[byteLevel + 1].Bad("nothing may come after ByteLevel; its words are bytes");
        return new PreTokenizer([.. parts.Select(ReadStep)], byteLevel >= 0);
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

    private static PreTokenizerStep ReadStep(JsonPlace place)
    {
        switch (place.Type())
        {
            case "ByteLevel":
                place["trim_offsets"].Flag();
                return new PreTokenizerStep(
                    place["add_prefix_space"].Flag() ? new SpaceMark(' ', PrependScheme.Always) : null,
                    place["use_regex"].Flag(absent: true) ? new Gpt2Splitter() : null);
            case "Metaspace":
                var mark = SpaceMark.Read(place);
                return new PreTokenizerStep(
                    mark, place["split"].Flag(absent: true) ? new MarkSplitter(mark.Mark, wholeRuns: false) : null);
            case "Split":
                return new PreTokenizerStep(null, ReadSplit(place));
            default:
                throw place.Unsupported(Supported);
        }
    }

    private static WordSplitter ReadSplit(JsonPlace place)
    {
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
