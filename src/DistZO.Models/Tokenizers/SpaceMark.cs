namespace DistZO.Models.Tokenizers;

/// <summary>Where a piece of text gets a mark in front.</summary>
internal enum PrependScheme
{
    Never,

    /// <summary>At the start of the text only.</summary>
    First,

    Always,
}

/// <summary>
/// What Metaspace and ByteLevel do to a piece before it is split: spaces become a mark, and one is put in front where none is yet.
/// </summary>
/// <param name="Mark">The mark; ByteLevel's is the space itself.</param>
/// <param name="Prepend">Which pieces get one in front.</param>
internal sealed record SpaceMark(char Mark, PrependScheme Prepend)
{
    /// <summary>Reads a Metaspace component in either spelling: <c>prepend_scheme</c>, or <c>add_prefix_space</c> of older files.</summary>
    public static SpaceMark Read(JsonPlace place)
    {
        string mark = place["replacement"].Text();
        if (mark.Length != 1) throw place["replacement"].Bad($"'{mark}' must be one character (of the basic plane)");

        bool prefix = place["add_prefix_space"].Flag(absent: true);
        var scheme = place["prepend_scheme"];
        if (scheme.IsNull) return new SpaceMark(mark[0], prefix ? PrependScheme.Always : PrependScheme.Never);
        var prepend = scheme.Text() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw scheme.Bad($"'{scheme.Text()}' is not supported (supported: always, first, never)"),
        };
        if (!prefix && prepend != PrependScheme.Never)
            throw scheme.Bad($"'{scheme.Text()}' contradicts add_prefix_space, which is false; remove one of the two");
        return new SpaceMark(mark[0], prepend);
    }

    /// <summary>The piece as it is split then; <paramref name="first"/>: it begins the text.</summary>
    public ReadOnlySpan<char> Apply(ReadOnlySpan<char> piece, bool first)
    {
        if (Mark != ' ' && piece.Contains(' '))
        {
            char[] marked = piece.ToArray();
            marked.AsSpan().Replace(' ', Mark);
            piece = marked;
        }

        bool wanted = Prepend == PrependScheme.Always || (Prepend == PrependScheme.First && first);
        return wanted && (piece.IsEmpty || piece[0] != Mark) ? string.Concat([Mark], piece) : piece;
    }
}
