namespace DistZO.Training;

/// <summary>A row as those need it who score what the model writes after its prompt.</summary>
/// <param name="Prompt">The whole prompt, though the model may see but the end of it.</param>
/// <param name="References">The right answers, at least one.</param>
/// <param name="Row">The row of the data file, JSON; null of held-out rows that no program reads.</param>
public sealed record SampleText(string Prompt, IReadOnlyList<string> References, string? Row)
{
    internal static SampleText Of(JsonlRow row, string? prompt, in RenderedRow rendered, bool keepsRow) => prompt is null
        ? throw row.Error("what is written after a prompt is scored, and a row of text has none; give it a prompt")
        : new(prompt, rendered.RightAnswers, keepsRow ? row.Value.GetRawText() : null);
}
