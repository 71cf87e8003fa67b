namespace DistZO.Models.Chat.Templates;

/// <summary>
/// Reads expressions, in Jinja's order of precedence: if, or, and, not, comparisons, + and −, ~, * // %, signs, filters and tests.
/// What stands between operators is <see cref="OperandParser"/>'s.
/// </summary>
internal sealed class ExpressionParser
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>Names that end the arguments of a test instead of being one.</summary>
    private static readonly string[] Connectives = ["else", "or", "and", "if"];

    private readonly TokenReader _tokens;
    private readonly OperandParser _operands;

    public ExpressionParser(TokenReader tokens) => (_tokens, _operands) = (tokens, new OperandParser(tokens, this));

    /// <summary>An expression, perhaps with <c>if … else</c> around it.</summary>
    public Expression Read()
    {
        using var _ = _tokens.Deeper();
        var value = ReadOr();
        while (_tokens.TakeName("if") is { } at)
        {
            var condition = ReadOr();
            value = new Conditional(at.Line, condition, value, _tokens.TakeName("else") is null ? null : Read());
        }

        return value;
    }

    /// <summary>An expression without an <c>if</c> of its own, as the source of a loop is.</summary>
    public Expression ReadOr()
    {
        var left = ReadAnd();
        while (_tokens.TakeName("or") is { } at) left = new AndOr(at.Line, false, left, ReadAnd());
        return left;
    }

    /// <summary>One expression, or several with commas between them, which are a list.</summary>
    public Expression ReadTuple(Func<Expression> read)
    {
        var first = read();
        if (!_tokens.Next.Is(",")) return first;
        var items = new List<Expression> { first };
        while (_tokens.Take(",") is not null && _tokens.Next.Kind != TokenKind.TagEnd && !_tokens.Next.Is(")")) items.Add(read());
        return new ListDisplay(first.Line, items);
    }

    private Expression ReadAnd()
    {
        var left = ReadNot();
        while (_tokens.TakeName("and") is { } at) left = new AndOr(at.Line, true, left, ReadNot());
        return left;
    }

    private Expression ReadNot()
    {
        using var _ = _tokens.Deeper();
        return _tokens.TakeName("not") is { } at ? new Not(at.Line, ReadNot()) : ReadComparison();
    }

    private Expression ReadComparison()
    {
        var first = ReadSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (_tokens.Next.Kind == TokenKind.Operator && Comparisons.Contains(_tokens.Next.Text))
            {
                rest.Add((_tokens.Take().Text, ReadSum()));
            }
            else if (_tokens.TakeName("in") is not null)
            {
                rest.Add(("in", ReadSum()));
            }
            else if (_tokens.Next.IsName("not") && _tokens.After.IsName("in"))
            {
                _tokens.Take();
                _tokens.Take();
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
        while (_tokens.Next.Kind == TokenKind.Operator && symbols.Contains(_tokens.Next.Text))
        {
            var symbol = _tokens.Take();
            if (symbol.Text is "/" or "**") throw _tokens.Problem(symbol, $"the operator '{symbol.Text}' is not supported");
            left = new Calculation(symbol.Line, symbol.Text, left, read());
        }

        return left;
    }

    private Expression ReadSigned(bool withFilters)
    {
        using var _ = _tokens.Deeper();
        Expression value;
        if (_tokens.Take("-") is { } minus) value = new Calculation(minus.Line, "-", new Literal(minus.Line, 0L), ReadSigned(false));
        else if (_tokens.Take("+") is { } plus) value = new Calculation(plus.Line, "+", new Literal(plus.Line, 0L), ReadSigned(false));
        else value = _operands.Read();
        return withFilters ? ReadFilters(value) : value;
    }

    private Expression ReadFilters(Expression value)
    {
        while (true)
        {
            if (_tokens.Take("|") is not null)
            {
                var name = _tokens.Expect(TokenKind.Name, "the name of a filter");
                value = _tokens.At(name, () => new Filtered(
                    name.Line, value, name.Text, _tokens.Next.Is("(") ? _operands.ReadArguments() : ArgumentList.Empty));
            }
            else if (_tokens.TakeName("is") is not null)
            {
                value = ReadTest(value);
            }
            else if (_tokens.Next.Is("("))
            {
                value = _operands.ReadCall(value);
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadTest(Expression value)
    {
        bool negated = _tokens.TakeName("not") is not null;
        var name = _tokens.Take();
        if (name.Kind != TokenKind.Name) throw _tokens.Problem(name, $"the name of a test is needed after 'is', not {name}");
        ArgumentList arguments;
        if (_tokens.Next.Is("(")) arguments = _operands.ReadArguments();
        else if (BeginsArgument(_tokens.Next)) arguments = new ArgumentList([_operands.Read()], []);
        else arguments = ArgumentList.Empty;
        var tested = _tokens.At(name, () => new Tested(name.Line, value, name.Text, arguments));
        return negated ? new Not(name.Line, tested) : tested;
    }

    private static bool BeginsArgument(Token token) =>
        token.Kind is TokenKind.String or TokenKind.Integer || token.Is("[") || token.Is("{")
        || (token.Kind == TokenKind.Name && !Connectives.Contains(token.Text) && token.Text is not ("is" or "in" or "not"));
}
