using System.Runtime.CompilerServices;

namespace DistZO.Models.Chat.Templates;

/// <summary>A part of a template that has a value.</summary>
/// <param name="Line">Where it stands, from 1.</param>
internal abstract record Expression(int Line)
{
    /// <summary>The value in a scope.</summary>
    public object? Evaluate(Scope scope)
    {
        if (RuntimeHelpers.TryEnsureSufficientExecutionStack()) return Compute(scope);
        throw new TemplateProblem("an expression is too long or nested too deep");
    }

    protected abstract object? Compute(Scope scope);

    /// <summary>Marks where rendering stands, for messages.</summary>
    protected void Enter(Scope scope) => scope.Rendering.Line = Line;
}

internal sealed record Literal(int Line, object? Value) : Expression(Line)
{
    protected override object? Compute(Scope scope) => Value;
}

internal sealed record Variable(int Line, string Name) : Expression(Line)
{
    protected override object? Compute(Scope scope) => scope[Name];
}

internal sealed record ListDisplay(int Line, IReadOnlyList<Expression> Items) : Expression(Line)
{
    protected override object? Compute(Scope scope) => Items.Select(item => item.Evaluate(scope)).ToList();
}

internal sealed record MapDisplay(int Line, IReadOnlyList<(Expression Key, Expression Value)> Entries) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        var map = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (key, value) in Entries)
        {
            object? name = key.Evaluate(scope);
            Enter(scope);
            map[Values.Text(name, "a key of a mapping")] = value.Evaluate(scope);
        }

        return map;
    }
}

internal sealed record AttributeOf(int Line, Expression Value, string Name) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        object? value = Value.Evaluate(scope);
        Enter(scope);
        return Access.Attribute(value, Name);
    }
}

internal sealed record ItemOf(int Line, Expression Value, Expression Key) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        object? value = Value.Evaluate(scope), key = Key.Evaluate(scope);
        Enter(scope);
        return Access.Item(value, key);
    }
}

internal sealed record SliceOf(int Line, Expression Value, Expression? Start, Expression? Stop, Expression? Step) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        object? value = Value.Evaluate(scope);
        object?[] bounds = [Start?.Evaluate(scope), Stop?.Evaluate(scope), Step?.Evaluate(scope)];
        Enter(scope);
        return Access.Slice(value, Bound(bounds[0]), Bound(bounds[1]), Bound(bounds[2]));
    }

    private static long? Bound(object? bound) => bound is null ? null : Values.Integer(bound, "a bound of a slice");
}

internal sealed record Conditional(int Line, Expression Condition, Expression Value, Expression? Otherwise) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        if (Values.IsTrue(Condition.Evaluate(scope))) return Value.Evaluate(scope);
        return Otherwise is null ? new Undefined("a condition without else") : Otherwise.Evaluate(scope);
    }
}

internal sealed record Not(int Line, Expression Value) : Expression(Line)
{
    protected override object? Compute(Scope scope) => !Values.IsTrue(Value.Evaluate(scope));
}

internal sealed record AndOr(int Line, bool IsAnd, Expression Left, Expression Right) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        object? left = Left.Evaluate(scope);
        return Values.IsTrue(left) == IsAnd ? Right.Evaluate(scope) : left;
    }
}

/// <summary>A chain of comparisons, <c>a &lt; b &lt;= c</c>, all of which must hold.</summary>
internal sealed record Comparison(int Line, Expression First, IReadOnlyList<(string Operator, Expression Value)> Rest) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        object? left = First.Evaluate(scope);
        foreach (var (symbol, value) in Rest)
        {
            object? right = value.Evaluate(scope);
            Enter(scope);
            if (!Operators.Holds(symbol, left, right)) return false;
            left = right;
        }

        return true;
    }
}

internal sealed record Calculation(int Line, string Operator, Expression Left, Expression Right) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        object? left = Left.Evaluate(scope), right = Right.Evaluate(scope);
        Enter(scope);
        return Operators.Calculate(Operator, left, right);
    }
}

/// <summary>A filter or a call or a test: something that is given arguments.</summary>
internal sealed record ArgumentList(IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named)
{
    public static readonly ArgumentList Empty = new([], []);

    public Arguments Evaluate(Scope scope, string callee) => new(
        callee,
        [.. Positional.Select(value => value.Evaluate(scope))],
        Named.ToDictionary(entry => entry.Name, entry => entry.Value.Evaluate(scope), StringComparer.Ordinal));
}

internal sealed record Call(int Line, Expression Function, string Name, ArgumentList Arguments) : Expression(Line)
{
    protected override object? Compute(Scope scope)
    {
        object? function = Function.Evaluate(scope);
        Enter(scope);
        if (function is not TemplateFunction known) throw new TemplateProblem(Functions.WhyNot(Name, function));
        var arguments = Arguments.Evaluate(scope, Name);
        Enter(scope);
        return known(arguments);
    }
}

internal sealed record Filtered(int Line, Expression Value, string Name, ArgumentList Arguments) : Expression(Line)
{
    private readonly Func<object?, Arguments, object?> _filter = Filters.Find(Name);

    protected override object? Compute(Scope scope)
    {
        object? value = Value.Evaluate(scope);
        var arguments = Arguments.Evaluate(scope, Name);
        Enter(scope);
        return _filter(value, arguments);
    }
}

internal sealed record Tested(int Line, Expression Value, string Name, ArgumentList Arguments) : Expression(Line)
{
    private readonly Func<object?, Arguments, bool> _test = Tests.Find(Name);

    protected override object? Compute(Scope scope)
    {
        object? value = Value.Evaluate(scope);
        var arguments = Arguments.Evaluate(scope, Name);
        Enter(scope);
        return _test(value, arguments);
    }
}
