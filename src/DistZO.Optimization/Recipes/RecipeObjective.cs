using System.Text.Json.Nodes;

namespace DistZO.Optimization;

/// <summary>What the recipe's key <c>objective</c> says.</summary>
/// <param name="Kind">What a loss term is.</param>
/// <param name="Command">The program and its arguments of <see cref="ObjectiveKind.Command"/>; else empty. No shell is between.</param>
public sealed record RecipeObjective(ObjectiveKind Kind, IReadOnlyList<string> Command)
{
    private const string CommandWord = "command";

    private static readonly (string Word, ObjectiveKind Kind)[] Words =
    [
        ("choice", ObjectiveKind.Choice),
        ("answer", ObjectiveKind.Answer),
        ("accuracy", ObjectiveKind.Accuracy),
        ("f1", ObjectiveKind.F1),
        ("exact_match", ObjectiveKind.ExactMatch),
    ];

    /// <summary>An objective that is one word.</summary>
    public RecipeObjective(ObjectiveKind kind)
        : this(kind, [])
    {
    }

    /// <summary>Whether the model writes an answer, which is scored.</summary>
    public bool ScoresText => Kind is ObjectiveKind.F1 or ObjectiveKind.ExactMatch or ObjectiveKind.Command;

    /// <summary>The word for the kind.</summary>
    public string Word => Kind == ObjectiveKind.Command ? CommandWord : Words.First(word => word.Kind == Kind).Word;

    internal static RecipeType<RecipeObjective?> Type { get; } = new(
        $"one of {string.Join(", ", Words.Select(word => word.Word))}, auto, or a program such as {{command: [python3, score.py]}}", TryRead, ToJson, "auto");

    public bool Equals(RecipeObjective? other) => other is not null && Kind == other.Kind && Command.SequenceEqual(other.Command);

    public override int GetHashCode() => HashCode.Combine(Kind, Command.Count);

    private static bool TryRead(RecipeNode node, out RecipeObjective? value)
    {
        value = null;
        switch (node)
        {
            case RecipeScalar scalar:
                if (scalar.IsNull || scalar.Text.Equals("auto", StringComparison.OrdinalIgnoreCase)) return true;
                var (word, kind) = Words.FirstOrDefault(word => word.Word.Equals(scalar.Text, StringComparison.OrdinalIgnoreCase));
                if (word is not null) value = new RecipeObjective(kind);
                return word is not null;
            case RecipeMapping { Entries: [{ Key.Text: CommandWord, Value: RecipeSequence { Items.Count: > 0 } program }] }:
                return TryReadCommand(program.Items, ref value);
            // The form in JSON, where a recipe has no objects.
            case RecipeSequence { Items: [RecipeScalar { Text: CommandWord }, _, ..] list }:
                return TryReadCommand([.. list.Skip(1)], ref value);
            default:
                return false;
        }
    }

    private static bool TryReadCommand(IReadOnlyList<RecipeNode> items, ref RecipeObjective? value)
    {
        var words = new List<string>();
        foreach (var item in items)
        {
            // A NUL would end an argument early.
            if (!RecipeTypes.Text.TryRead(item, out var text) || text.Contains('\0', StringComparison.Ordinal)) return false;
            words.Add(text);
        }

        if (words[0].Length == 0) return false;
        value = new RecipeObjective(ObjectiveKind.Command, words);
        return true;
    }

    private static JsonNode? ToJson(RecipeObjective? value) => value switch
    {
        null => null,
        { Kind: ObjectiveKind.Command } => new JsonArray([CommandWord, .. value.Command.Select(word => (JsonNode)word)]),
        _ => value.Word,
    };
}
