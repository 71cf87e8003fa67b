namespace DistZO.Training;

/// <summary>One choice of a multiple-choice prompt: the label that names it in the data, and the template of its text.</summary>
public sealed record Choice(string Label, string Text);

/// <summary>How rows become examples: the part of a recipe that concerns prompts.</summary>
public sealed record PromptOptions
{
    /// <summary>Template of the prompt; null to read rows by their own shape.</summary>
    public string? Prompt { get; init; }

    /// <summary>Template of what the model should write after the prompt; excludes <see cref="Choices"/>.</summary>
    public string? Completion { get; init; }

    /// <summary>What may follow the prompt, in the order of the label indices; empty for none.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>The field that names the right choice, compared as text (1 and "1" are equal).</summary>
    public string LabelField { get; init; } = "label";

    /// <summary>Most tokens of a prompt and its answer together, special tokens included.</summary>
    public int MaxLength { get; init; } = 2048;
}
