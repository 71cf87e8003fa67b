namespace DistZO.Models.Chat.Templates;

/// <summary>What is wrong with a template, or with what it was given; whoever renders it adds file and line.</summary>
internal sealed class TemplateProblem : Exception
{
    public TemplateProblem()
    {
    }

    public TemplateProblem(string message)
        : base(message)
    {
    }

    public TemplateProblem(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Where the text of the template itself is wrong, from 1; null: where rendering stands.</summary>
    public int? Line { get; init; }
}
