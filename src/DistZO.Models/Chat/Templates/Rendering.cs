using System.Text;

namespace DistZO.Models.Chat.Templates;

/// <summary>One rendering of a template: where it stands, and what it has written.</summary>
internal sealed class Rendering
{
    /// <summary>Macros that call each other deeper than this would end the process.</summary>
    private const int Deepest = 100;

    private int _depth;

    /// <summary>The line of the template that is at work, from 1.</summary>
    public int Line { get; set; } = 1;

    /// <summary>What was written; a block whose text is a value has an output of its own for a while.</summary>
    public StringBuilder Output { get; private set; } = new();

    /// <summary>What an action writes, as a value.</summary>
    public string Capture(Action action)
    {
        if (++_depth > Deepest) throw new TemplateProblem($"macros call each other more than {Deepest} deep");
        var outer = Output;
        Output = new StringBuilder();
        try
        {
            action();
            return Output.ToString();
        }
        finally
        {
            Output = outer;
            _depth--;
        }
    }
}
