namespace DistZO.Models.Tokenizers;

/// <summary>What surrounds an encoded text: runs of special ids with the text between them, once as a rule.</summary>
internal sealed class PostProcessor
{
    private const string Supported = "TemplateProcessing, RobertaProcessing, BertProcessing, ByteLevel, Sequence of these";

    private static readonly PostProcessor TextAlone = new([null]);

    /// <summary>In order: ids to put in, or null for the text.</summary>
    private readonly int[]?[] _pieces;

    private PostProcessor(int[]?[] pieces) => _pieces = pieces;

    /// <summary>Reads <c>post_processor</c> for single texts; the template of pairs is not used here.</summary>
    public static PostProcessor Read(JsonPlace place)
    {
        if (place.IsNull) return TextAlone;
        switch (place.Type())
        {
            case "ByteLevel":
                return TextAlone; // It moves offsets only, and there are none here.
            case "TemplateProcessing":
                return new PostProcessor([.. place["single"].Items().Select(piece => ReadPiece(piece, place["special_tokens"]))]);
            case "RobertaProcessing" or "BertProcessing":
                return new PostProcessor([[ReadPair(place["cls"])], null, [ReadPair(place["sep"])]]);
            case "Sequence":
                var parts = place["processors"].Items().Select(Read).Where(p => p != TextAlone).ToArray();
                return parts.Length switch
                {
                    0 => TextAlone,
                    1 => parts[0],
                    _ => throw place.Bad("only one processor that adds tokens is supported"),
                };
            default:
                throw place.Unsupported(Supported);
        }
    }

    /// <summary>The whole of an encoding. Special ids are left out on request; the text stands as often as the template has it.</summary>
    public int[] Assemble(ReadOnlySpan<int> text, bool addSpecialTokens)
    {
        int length = 0;
        foreach (int[]? piece in _pieces) length += piece is null ? text.Length : addSpecialTokens ? piece.Length : 0;

        var ids = new int[length];
        var rest = ids.AsSpan();
        foreach (int[]? piece in _pieces)
        {
            if (piece is not null && !addSpecialTokens) continue;
            var source = piece is null ? text : piece;
            source.CopyTo(rest);
            rest = rest[source.Length..];
        }

        return ids;
    }

    private static int[]? ReadPiece(JsonPlace piece, JsonPlace specialTokens)
    {
        var sequence = piece["Sequence"];
        if (!sequence.IsNull)
        {
            if (sequence["id"].Text() == "A") return null;
            throw sequence["id"].Bad($"'{sequence["id"].Text()}' is not the text; a single text is 'A'");
        }

        string name = piece["SpecialToken"]["id"].Text();
        return [.. specialTokens[name]["ids"].Items().Select(id => id.Id())];
    }

    /// <summary>A token written as ["text", id].</summary>
    private static int ReadPair(JsonPlace place)
    {
        var parts = place.Items().ToArray();
        return parts.Length == 2 ? parts[1].Id() : throw place.Bad("expected [token, id]");
    }
}
