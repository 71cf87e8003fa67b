namespace DistZO.Models.Tokenizers;

/// <summary>The added tokens of a tokenizer: their ids, and the two passes in which they are found.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _tokens = [];
    private readonly Dictionary<int, string> _texts = [];
    private readonly HashSet<string> _special = new(StringComparer.Ordinal);

    private AddedTokens()
    {
    }

    /// <summary>Finds the tokens that match the raw text; null where there are none.</summary>
    public AddedTokenMatcher? Raw { get; private set; }

    /// <summary>Finds the tokens that match the normalized text between those; null where there are none.</summary>
    public AddedTokenMatcher? Normalized { get; private set; }

    public IEnumerable<int> Ids => _tokens.Keys;

    /// <summary>
    /// Reads <c>added_tokens</c>. As in the Hugging Face library, a token that the model knows has the model's id and the others are
    /// numbered from the size of the model's vocabulary on, in the order of the file; an id in the file that says otherwise is refused.
    /// </summary>
    public static AddedTokens Read(JsonPlace place, Vocabulary vocabulary, TextNormalizer? normalizer)
    {
        var added = new AddedTokens();
        if (place.IsNull) return added;

        int next = vocabulary.Count;
        foreach (var item in place.Items())
        {
            string content = item["content"].Text();
            if (content.Length == 0) continue;
            if (!added._ids.TryGetValue(content, out int id) && !vocabulary.TryGetId(content, out id)) id = next++;
            if (item["id"].Id() != id)
                throw item["id"].Bad($"'{content}' has id {item["id"].Id()} here, but {id} by its place in the vocabulary; correct it");

            var token = AddedToken.Read(item, id);
            added._ids[content] = id;
            added._tokens[id] = token;
            string text = token.Normalized && normalizer is not null ? normalizer.Normalize(content) : content;
            if (text.Length == 0) throw item["content"].Bad($"the normalizer leaves nothing of '{content}'; set its 'normalized' to false");
            added._texts[id] = text;
            if (token.Special) added._special.Add(content);
        }

        added.Raw = added.Matcher(normalized: false);
        added.Normalized = added.Matcher(normalized: true);
        return added;
    }

    public bool TryGetId(string content, out int id) => _ids.TryGetValue(content, out id);

    /// <summary>The text of a token, in its normalized form if it is looked for so.</summary>
    public bool TryGetText(int id, out string text)
    {
        bool found = _texts.TryGetValue(id, out string? known);
        text = known ?? "";
        return found;
    }

    /// <summary>Whether decoding skips this token text when special tokens are skipped.</summary>
    public bool IsSpecial(string content) => _special.Contains(content);

    private AddedTokenMatcher? Matcher(bool normalized)
    {
        (string, AddedToken)[] patterns = [.. _tokens.Values.Where(t => t.Normalized == normalized).Select(t => (_texts[t.Id], t))];
        return patterns.Length == 0 ? null : new AddedTokenMatcher(patterns);
    }
}
