using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>What the rows of a data file are.</summary>
public enum RowShape
{
    /// <summary><c>{"text"}</c>: every token is learned.</summary>
    Text,

    /// <summary><c>{"prompt","completion"}</c>, or the templates of that name: the completion is learned.</summary>
    Completion,

    /// <summary><c>{"messages":[{"role","content"}]}</c>: the last message, the assistant's, is learned.</summary>
    Messages,

    /// <summary>Any fields with a prompt template and choices: the right choice is learned.</summary>
    Choices,
}

/// <summary>Finds the shape of a data file.</summary>
public static class RowShapes
{
    /// <summary>The shape that the row has by its own fields, or null when it has none of the known ones.</summary>
    public static RowShape? Detect(JsonlRow row)
    {
        if (row.Has("messages")) return RowShape.Messages;
        if (row.Has("prompt") && row.Has("completion")) return RowShape.Completion;
        if (row.Has("text")) return RowShape.Text;
        return null;
    }

    /// <summary>The shape that the templates give, or else the file's first row.</summary>
    public static RowShape Of(PromptOptions options, JsonlRow first)
    {
        if (options.Task is not null) return options.Labels.Count > 0 ? RowShape.Choices : RowShape.Completion;
        if (options.Prompt is not null) return options.Choices.Count > 0 ? RowShape.Choices : RowShape.Completion;
        return Detect(first) ?? throw first.Error(
            $"the row has {first.FieldList()}; expected {{\"text\"}}, {{\"prompt\", \"completion\"}} or {{\"messages\"}}, " +
            "or set a template with \"prompt\" and \"choices\" (or \"completion\") in the recipe");
    }

    /// <summary>A short name for people and JSON: <c>text</c>, <c>completion</c>, <c>messages</c>, <c>choices</c>.</summary>
    public static string Name(this RowShape shape) => JsonNamingPolicy.SnakeCaseLower.ConvertName(shape.ToString());
}
