namespace DistZO.Models.Tokenizers;

/// <summary>A token that is cut out of the text before the model sees it.</summary>
/// <param name="Id">Its id, as <see cref="AddedTokens.Read"/> assigns it.</param>
/// <param name="Content">The text that it matches.</param>
/// <param name="SingleWord">It matches only where no word character touches it.</param>
/// <param name="LeftStrip">It swallows the white space before it.</param>
/// <param name="RightStrip">It swallows the white space behind it.</param>
/// <param name="Normalized">It is looked for in the normalized text, in its own normalized form.</param>
/// <param name="Special">Decoding can skip it.</param>
internal sealed record AddedToken(
    int Id, string Content, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized, bool Special)
{
    public static AddedToken Read(JsonPlace place, int id) => new(
        id,
        place["content"].Text(),
        place["single_word"].Flag(),
        place["lstrip"].Flag(),
        place["rstrip"].Flag(),
        place["normalized"].Flag(),
        place["special"].Flag());
}
