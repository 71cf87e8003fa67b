namespace DistZO.Models.Chat.Templates;

/// <summary>Reads expressions, in Jinja's order of precedence: if, or, and, not, comparisons, + −, ~, * / // %, signs, filters and tests.</summary>
internal sealed class ExpressionParser(TokenReader tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>Names that end the arguments of a test instead of being one.</summary>
    private static readonly string[] Connectives = ["else", "or", "and", "if"];

    /// <summary>An expression, perhaps with <c>if … else</c> around it.</summary>
    public Expression Read()
    {
        using var _ = tokens.Deeper();
        var value = ReadOr();
        while (tokens.TakeName("if") is { } at)
        {
            var condition = ReadOr();
            value = new Conditional(at.Line, condition, value, tokens.TakeName("else") is null ? null : Read());
        }

        return value;
    }

    /// <summary>An expression without an <c>if</c> of its own, as the source of a loop is.</summary>
    public Expression ReadOr()
    {
        var left = ReadAnd();
        while (tokens.TakeName("or") is { } at) left = new AndOr(at.Line, false, left, ReadAnd());
        return left;
    }

    /// <summary>One expression, or several with commas between them, which are a list.</summary>
    public Expression ReadTuple(Func<Expression> read)
    {
        var first = read();
        if (!tokens.Next.Is(",")) return first;
        var items = new List<Expression> { first };
        while (tokens.Take(",") is not null && tokens.Next.Kind != TokenKind.TagEnd && !tokens.Next.Is(")")) items.Add(read());
        return new ListDisplay(first.Line, items);
    }

    private Expression ReadAnd()
    {
        var left = ReadNot();
        while (tokens.TakeName("and") is { } at) left = new AndOr(at.Line, true, left, ReadNot());
        return left;
    }

    private Expression ReadNot()
    {
        using var _ = tokens.Deeper();
        return tokens.TakeName("not") is { } at ? new Not(at.Line, ReadNot()) : ReadComparison();
    }

    private Expression ReadComparison()
    {
        var first = ReadSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (tokens.Next.Kind == TokenKind.Operator && Comparisons.Contains(tokens.Next.Text)) rest.Add((tokens.Take().Text, ReadSum()));
            else if (tokens.TakeName("in") is not null) rest.Add(("in", ReadSum()));
            else if (tokens.Next.IsName("not") && tokens.After.IsName("in"))
            {
                tokens.Take();
                tokens.Take();
                rest.Add(("not in", ReadSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new Comparison(first.Line, first, rest);
            }
        }
    }

    private Expression ReadSum() => ReadChain(["+", "-"], ReadConcatenation);

    private Expression ReadConcatenation() => ReadChain(["~"], ReadProduct);

    private Expression ReadProduct() => ReadChain(["*", "/", "//", "%", "**"], () => ReadSigned(withFilters: true));

    private Expression ReadChain(string[] symbols, Func<Expression> read)
    {
        var left = read();
        while (tokens.Next.Kind == TokenKind.Operator && symbols.Contains(tokens.Next.Text))
        {
            var symbol = tokens.Take();
            if (symbol.Text is "/" or "**") throw tokens.Problem(symbol, $"the operator '{symbol.Text}' is not supported");
            left = new Calculation(symbol.Line, symbol.Text, left, read());
        }

        return left;
    }

    private Expression ReadSigned(bool withFilters)
    {
        using var _ = tokens.Deeper();
        Expression value;
        if (tokens.Take("-") is { } minus) value = new Calculation(minus.Line, "-", new Literal(minus.Line, 0L), ReadSigned(false));
        else if (tokens.Take("+") is { } plus) value = new Calculation(plus.Line, "+", new Literal(plus.Line, 0L), ReadSigned(false));
        else value = ReadPostfix(ReadPrimary());
        return withFilters ? ReadFilters(value) : value;
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
        if (token.Is("[")) return new ListDisplay(token.Line, ReadItems("]", Read));
        if (token.Is("{")) return new MapDisplay(token.Line, ReadItems("}", ReadEntry));
        throw tokens.Problem(token, $"an expression is needed, not {token}");
    }

    private Expression ReadParenthesized(Token open)
    {
        if (tokens.Take(")") is not null) return new ListDisplay(open.Line, []);
        var inner = ReadTuple(Read);
        tokens.Expect(")");
        return inner;
    }

    private (Expression, Expression) ReadEntry()
    {
        var key = Read();
        tokens.Expect(":");
        return (key, Read());
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

    private Call ReadCall(Expression function)
    {
        string name = function switch { Variable v => v.Name, AttributeOf a => a.Name, _ => "what is called" };
        return new Call(tokens.Next.Line, function, name, ReadArguments());
    }

    private Expression ReadSubscript(Expression value, Token bracket)
    {
        Expression? start = null;
        if (!tokens.Next.Is(":"))
        {
            start = Read();
            if (tokens.Take("]") is not null) return new ItemOf(bracket.Line, value, start);
        }

        tokens.Expect(":");
        var stop = tokens.Next.Is(":") || tokens.Next.Is("]") ? null : Read();
        var step = tokens.Take(":") is null || tokens.Next.Is("]") ? null : Read();
        tokens.Expect("]");
        return new SliceOf(bracket.Line, value, start, stop, step);
    }

    private ArgumentList ReadArguments()
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
                if (named.Any(known => known.Item1 == name.Text)) throw tokens.Problem(name, $"the argument '{name.Text}' stands there twice");
                named.Add((name.Text, Read()));
            }
            else if (named.Count > 0)
            {
                throw tokens.Problem(tokens.Next, "an argument without a name stands after one with a name");
            }
            else
            {
                positional.Add(Read());
            }

            return true;
        });
        return new ArgumentList(positional, named);
    }

    private Expression ReadFilters(Expression value)
    {
        while (true)
        {
            if (tokens.Take("|") is not null)
            {
                var name = tokens.Expect(TokenKind.Name, "the name of a filter");
                value = tokens.At(name, () => new Filtered(
                    name.Line, value, name.Text, tokens.Next.Is("(") ? ReadArguments() : ArgumentList.Empty));
            }
            else if (tokens.TakeName("is") is not null)
            {
                value = ReadTest(value);
            }
            else if (tokens.Next.Is("("))
            {
                value = ReadCall(value);
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadTest(Expression value)
    {
        bool negated = tokens.TakeName("not") is not null;
        var name = tokens.Take();
        if (name.Kind != TokenKind.Name) throw tokens.Problem(name, $"the name of a test is needed after 'is', not {name}");
        ArgumentList arguments;
        if (tokens.Next.Is("(")) arguments = ReadArguments();
        else if (BeginsArgument(tokens.Next)) arguments = new ArgumentList([ReadPostfix(ReadPrimary())], []);
        else arguments = ArgumentList.Empty;
        var tested = tokens.At(name, () => new Tested(name.Line, value, name.Text, arguments));
        return negated ? new Not(name.Line, tested) : tested;
    }

    private static bool BeginsArgument(Token token) =>
        token.Kind is TokenKind.String or TokenKind.Integer || token.Is("[") || token.Is("{")
        || (token.Kind == TokenKind.Name && !Connectives.Contains(token.Text) && token.Text is not ("is" or "in" or "not"));
}
