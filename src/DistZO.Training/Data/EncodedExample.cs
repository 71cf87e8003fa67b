namespace DistZO.Training;

/// <summary>
/// What may follow a prompt: its token ids, of which the first <paramref name="Unscored"/> still belong to the prompt. That happens
/// only where a choice changes how the end of its prompt is tokenized, so that the options share less than the whole prompt.
/// </summary>
public sealed record EncodedOption(int[] Tokens, int Unscored)
{
    /// <summary>Tokens whose log-probability counts; at least one.</summary>
    public int Scored => Tokens.Length - Unscored;
}

/// <summary>
/// One row as token ids. A multiple-choice row has its choices as options and the right one as label. Any other row has one option,
/// all of whose scored tokens are learned: the completion of a prompt, or the text after its first token (which nothing predicts).
/// </summary>
public sealed class EncodedExample
{
    /// <summary>Builds an example; every option must have a scored token.</summary>
    /// <param name="prompt">Ids that all options share, at least one.</param>
    /// <param name="options">One option, or one for each choice.</param>
    /// <param name="label">Index of the right option.</param>
    /// <param name="line">The line of the data file, from 1.</param>
    public EncodedExample(int[] prompt, EncodedOption[] options, int label, int line)
    {
        ArgumentOutOfRangeException.ThrowIfZero(prompt.Length);
        ArgumentOutOfRangeException.ThrowIfZero(options.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)label, (uint)options.Length, nameof(label));
        foreach (var option in options) ArgumentOutOfRangeException.ThrowIfLessThan(option.Scored, 1, nameof(options));
        (Prompt, Options, Label, Line) = (prompt, options, label, line);
        IsChoice = options.Length > 1;
        PackedTokens = prompt.Length + options.Sum(option => option.Tokens.Length - 1);
        Targets = options.Sum(option => option.Scored);
    }

    /// <summary>Ids that all options share, at least one.</summary>
    public int[] Prompt { get; }

    /// <summary>One option, or one for each choice.</summary>
    public EncodedOption[] Options { get; }

    /// <summary>
    /// Of a masked language model: where in the prompt each option's one token may stand. Null where options follow the prompt.
    /// </summary>
    public int? MaskAt { get; init; }

    /// <summary>Index of the right option.</summary>
    public int Label { get; }

    /// <summary>Further options that are right too; empty for most rows.</summary>
    public int[] AlsoRight { get; init; } = [];

    /// <summary>The line of the data file, from 1.</summary>
    public int Line { get; }

    /// <summary>The row as text, where what the model writes is scored; else null.</summary>
    public SampleText? Text { get; init; }

    /// <summary>
    /// Whether the row is a choice between options (of which a task's row may have but one); otherwise its tokens are learned one by one.
    /// </summary>
    public bool IsChoice { get; init; }

    /// <summary>Whether an option answers the row.</summary>
    public bool IsRight(int option) => option == Label || AlsoRight.Contains(option);

    /// <summary>Rows of the device that the example takes: the prompt once, and each option without its last token.</summary>
    public int PackedTokens { get; }

    /// <summary>Log-probabilities that the example needs.</summary>
    public int Targets { get; }

    /// <summary>Terms of the loss that log-probabilities make: one for a choice, otherwise one a token.</summary>
    public int Terms => IsChoice ? 1 : Options[0].Scored;
}
