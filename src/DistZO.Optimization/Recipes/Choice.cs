namespace DistZO.Optimization;

/// <summary>One option of a classification task.</summary>
/// <param name="Label">What a row's label field holds, compared as text.</param>
/// <param name="Text">What follows the prompt when this option is meant, with its leading space.</param>
public sealed record Choice(string Label, string Text);
