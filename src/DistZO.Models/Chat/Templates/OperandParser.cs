namespace DistZO.Models.Chat.Templates;

/// <summary>Reads what stands between operators: names, literals, parentheses, and the attributes, items and calls behind them.</summary>
internal sealed class OperandParser(TokenReader tokens, ExpressionParser expressions)
{
    /// <summary>An operand with all that is read from it.</summary>
    public Expression Read() => ReadPostfix(ReadPrimary());

    /// <summary>A call of a value whose arguments come next.</summary>
    public Call ReadCall(Expression function)
    {
        string name = function switch { Variable v => v.Name, AttributeOf a => a.Name, _ => "what is called" };
        return new Call(tokens.Next.Line, function, name, ReadArguments());
    }

    /// <summary>Arguments in parentheses.</summary>
    public ArgumentList ReadArguments()
    {
        tokens.Expect("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        ReadItems(")", () =>
        {
            if (tokens.Next.Is("*") || tokens.Next.Is("**")) throw tokens.Problem(tokens.Next, "unpacking arguments is not supported");
            if (tokens.Next.Kind == TokenKind.Name && tokens.After.Is("="))
            {
                var name = tokens.Take();
                tokens.Take();
                if (named.Any(known => known.Item1 == name.Text))
                    throw tokens.Problem(name, $"the argument '{name.Text}' stands there twice");
                named.Add((name.Text, expressions.Read()));
            }
            else if (named.Count > 0)
            {
                throw tokens.Problem(tokens.Next, "an argument without a name stands after one with a name");
            }
            else
            {
                positional.Add(expressions.Read());
            }

            return true;
        });
        return new ArgumentList(positional, named);
    }

    private Expression ReadPrimary()
    {
        var token = tokens.Take();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new Literal(token.Line, true),
                    "false" or "False" => new Literal(token.Line, false),
                    "none" or "None" => new Literal(token.Line, null),
                    _ => new Variable(token.Line, token.Text),
                };
            case TokenKind.String:
                string text = token.Text;
                while (tokens.Next.Kind == TokenKind.String) text += tokens.Take().Text;
                return new Literal(token.Line, text);
            case TokenKind.Integer:
                return long.TryParse(token.Text, out long number)
                    ? new Literal(token.Line, number)
                    : throw tokens.Problem(token, $"the number {token.Text} has more than 64 bits");
        }

        if (token.Is("(")) return ReadParenthesized(token);
        if (token.Is("[")) return new ListDisplay(token.Line, ReadItems("]", expressions.Read));
        if (token.Is("{")) return new MapDisplay(token.Line, ReadItems("}", ReadEntry));
        throw tokens.Problem(token, $"an expression is needed, not {token}");
    }

    private Expression ReadParenthesized(Token open)
    {
        if (tokens.Take(")") is not null) return new ListDisplay(open.Line, []);
        var inner = expressions.ReadTuple(expressions.Read);
        tokens.Expect(")");
        return inner;
    }

    private (Expression, Expression) ReadEntry()
    {
        var key = expressions.Read();
        tokens.Expect(":");
        return (key, expressions.Read());
    }

    private List<T> ReadItems<T>(string close, Func<T> read)
    {
        var items = new List<T>();
        while (tokens.Take(close) is null)
        {
            if (items.Count > 0)
            {
                tokens.Expect(",");
                if (tokens.Take(close) is not null) break;
            }

            items.Add(read());
        }

        return items;
    }

    private Expression ReadPostfix(Expression value)
    {
        while (true)
        {
            if (tokens.Take(".") is not null) value = ReadAttribute(value);
            else if (tokens.Take("[") is { } bracket) value = ReadSubscript(value, bracket);
            else if (tokens.Next.Is("(")) value = ReadCall(value);
            else return value;
        }
    }

    private Expression ReadAttribute(Expression value)
    {
        var name = tokens.Take();
        return name.Kind switch
        {
            TokenKind.Name => new AttributeOf(name.Line, value, name.Text),
            TokenKind.Integer => new ItemOf(name.Line, value, new Literal(name.Line, long.Parse(name.Text, null))),
            _ => throw tokens.Problem(name, $"a name is needed after '.', not {name}"),
        };
    }

    private Expression ReadSubscript(Expression value, Token bracket)
    {
        Expression? start = null;
        if (!tokens.Next.Is(":"))
        {
            start = expressions.Read();
            if (tokens.Take("]") is not null) return new ItemOf(bracket.Line, value, start);
        }

        tokens.Expect(":");
        var stop = tokens.Next.Is(":") || tokens.Next.Is("]") ? null : expressions.Read();
        var step = tokens.Take(":") is null || tokens.Next.Is("]") ? null : expressions.Read();
        tokens.Expect("]");
        return new SliceOf(bracket.Line, value, start, stop, step);
    }
}
