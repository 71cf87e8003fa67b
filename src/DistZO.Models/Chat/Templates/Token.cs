namespace DistZO.Models.Chat.Templates;

internal enum TokenKind
{
    /// <summary>Text between tags.</summary>
    Text,

    /// <summary>The start of a statement: <c>{%</c></summary>
    StatementStart,

    /// <summary>The start of an expression to print: <c>{{</c></summary>
    PrintStart,

    /// <summary>The end of either.</summary>
    TagEnd,

    Name,

    /// <summary>A string literal, unescaped.</summary>
    String,

    Integer,

    Operator,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A piece of a template and the line on which it begins, from 1.</summary>
internal readonly record struct Token(TokenKind Kind, string Text, int Line)
{
    public bool Is(string symbol) => Kind == TokenKind.Operator && Text == symbol;

    public bool IsName(string name) => Kind == TokenKind.Name && Text == name;

    public override string ToString() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.TagEnd => "the end of the tag",
        TokenKind.String => $"the text '{Text}'",
        _ => $"'{Text}'",
    };
}
