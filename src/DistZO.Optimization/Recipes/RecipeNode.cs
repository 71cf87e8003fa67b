namespace DistZO.Optimization;

/// <summary>
/// A value as the user wrote it, with the place where it stands (<c>recipe.yaml:3:7</c>, <c>--batch_size</c>, a ledger's header), so
/// that a complaint can point there.
/// </summary>
internal abstract record RecipeNode(string Place)
{
    /// <summary>The value as YAML has it on one line, for messages.</summary>
    public abstract string Flow { get; }
}

/// <summary>One word, number or text. Plain is false when the text stood in quotes or in a block, so <c>null</c> in it is a word.</summary>
internal sealed record RecipeScalar(string Place, string Text, bool Plain) : RecipeNode(Place)
{
    /// <summary>Written as YAML writes "nothing": <c>null</c>, <c>~</c> or no text at all.</summary>
    public bool IsNull => Plain && Text is ("" or "~" or "null" or "Null" or "NULL");

    public override string Flow => Text;
}

/// <summary>Keys and values in the order of the file; a key stands there once.</summary>
internal sealed record RecipeMapping(string Place, IReadOnlyList<KeyValuePair<RecipeScalar, RecipeNode>> Entries) : RecipeNode(Place)
{
    public override string Flow => $"{{{string.Join(", ", Entries.Select(entry => $"{entry.Key.Flow}: {entry.Value.Flow}"))}}}";
}

/// <summary>A list.</summary>
internal sealed record RecipeSequence(string Place, IReadOnlyList<RecipeNode> Items) : RecipeNode(Place)
{
    public override string Flow => $"[{string.Join(", ", Items.Select(item => item.Flow))}]";
}
