namespace DistZO.Models.Chat.Templates;

/// <summary>Reads the statements of a template.</summary>
internal sealed class TemplateParser
{
    private const string Supported = "if, for, set, macro, break, continue, generation";

    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private TemplateParser(TokenReader tokens) => (_tokens, _expressions) = (tokens, new ExpressionParser(tokens));

    /// <summary>Parses a template.</summary>
    /// <exception cref="TemplateProblem">It is not well formed, or uses what is not supported; names the line.</exception>
    public static Statement Parse(string template)
    {
        var parser = new TemplateParser(new TokenReader(TemplateLexer.Read(template)));
        return parser.ReadBlock([], new Token(TokenKind.End, "", 1));
    }

    /// <summary>Statements up to a tag of one of these names, which is left as the next token; all of them where there are none.</summary>
    private Block ReadBlock(string[] ends, Token opened)
    {
        using var _ = _tokens.Deeper();
        var statements = new List<Statement>();
        while (true)
        {
            var token = _tokens.Take();
            switch (token.Kind)
            {
                case TokenKind.End when ends.Length == 0:
                    return new Block(statements);
                case TokenKind.End:
                    throw _tokens.Problem(opened, $"'{opened.Text}' is not closed by '{{% {ends[^1]} %}}'");
                case TokenKind.Text:
                    statements.Add(new TextOutput(token.Text));
                    break;
                case TokenKind.PrintStart:
                    var value = _expressions.ReadTuple(_expressions.Read);
                    EndTag();
                    statements.Add(new Print(token.Line, value));
                    break;
                default:
                    if (_tokens.Next.Kind == TokenKind.Name && ends.Contains(_tokens.Next.Text)) return new Block(statements);
                    statements.Add(ReadStatement());
                    break;
            }
        }
    }

    private Statement ReadStatement()
    {
        var name = _tokens.Expect(TokenKind.Name, "the name of a statement");
        switch (name.Text)
        {
            case "if":
                return ReadIf(name);
            case "for":
                return ReadFor(name);
            case "set":
                return ReadSet(name);
            case "macro":
                return ReadMacro(name);
            case "generation":
                EndTag();
                return ReadBody(name, "endgeneration");
            case "break" or "continue":
                if (_loops == 0) throw _tokens.Problem(name, $"'{name.Text}' stands outside of a loop");
                EndTag();
                return new Jump(name.Text == "break" ? Flow.Break : Flow.Continue);
            default:
                throw _tokens.Problem(name, $"the statement '{name.Text}' is not supported here (supported: {Supported})");
        }
    }

    private If ReadIf(Token opened)
    {
        var condition = _expressions.ReadTuple(_expressions.Read);
        EndTag();
        var then = ReadBlock(["elif", "else", "endif"], opened);
        var end = _tokens.Take();
        if (end.Text == "elif") return new If(condition, then, ReadElseIf(opened));
        EndTag();
        return new If(condition, then, end.Text == "else" ? ReadBody(opened, "endif") : null);
    }

    private If ReadElseIf(Token opened)
    {
        using var _ = _tokens.Deeper();
        return ReadIf(opened);
    }

    private ForLoop ReadFor(Token opened)
    {
        var names = ReadNames();
        if (_tokens.TakeName("in") is null) throw _tokens.Problem(_tokens.Next, $"'in' is needed, not {_tokens.Next}");
        var source = _expressions.ReadTuple(_expressions.ReadOr);
        var condition = _tokens.TakeName("if") is null ? null : _expressions.Read();
        EndTag();
        _loops++;
        var body = ReadBlock(["else", "endfor"], opened);
        _loops--;
        var end = _tokens.Take();
        EndTag();
        return new ForLoop(opened.Line, names, source, condition, body, end.Text == "else" ? ReadBody(opened, "endfor") : null);
    }

    private Set ReadSet(Token opened)
    {
        var names = ReadNames();
        string? attribute = _tokens.Take(".") is null ? null : _tokens.Expect(TokenKind.Name, "an attribute's name").Text;
        if (attribute is not null && names.Count > 1) throw _tokens.Problem(opened, "several attributes cannot be set at once");
        if (_tokens.Take("=") is not null)
        {
            var value = _expressions.ReadTuple(_expressions.Read);
            EndTag();
            return new Set(opened.Line, names, attribute, value, null);
        }

        EndTag();
        return new Set(opened.Line, names, attribute, null, ReadBody(opened, "endset"));
    }

    private Macro ReadMacro(Token opened)
    {
        string name = _tokens.Expect(TokenKind.Name, "the macro's name").Text;
        var parameters = new List<(string, Expression?)>();
        _tokens.Expect("(");
        while (_tokens.Take(")") is null)
        {
            if (parameters.Count > 0) _tokens.Expect(",");
            string parameter = _tokens.Expect(TokenKind.Name, "a parameter's name").Text;
            parameters.Add((parameter, _tokens.Take("=") is null ? null : _expressions.Read()));
        }

        EndTag();
        int loops = _loops;
        _loops = 0;
        var body = ReadBody(opened, "endmacro");
        _loops = loops;
        return new Macro(opened.Line, name, parameters, body);
    }

    private List<string> ReadNames()
    {
        var names = new List<string>();
        bool parenthesized = _tokens.Take("(") is not null;
        do names.Add(_tokens.Expect(TokenKind.Name, "a name").Text);
        while (_tokens.Take(",") is not null);
        if (parenthesized) _tokens.Expect(")");
        return names;
    }

    /// <summary>The statements up to the closing tag, and that.</summary>
    private Block ReadBody(Token opened, string end)
    {
        var body = ReadBlock([end], opened);
        _tokens.Take();
        EndTag();
        return body;
    }

    private void EndTag() => _tokens.Expect(TokenKind.TagEnd, "the end of the tag");
}
