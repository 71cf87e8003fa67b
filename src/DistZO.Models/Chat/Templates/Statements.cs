namespace DistZO.Models.Chat.Templates;

/// <summary>How a statement ended.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A part of a template that is carried out.</summary>
internal abstract record Statement
{
    public abstract Flow Run(Scope scope);
}

/// <summary>Statements one after the other.</summary>
internal sealed record Block(IReadOnlyList<Statement> Statements) : Statement
{
    public override Flow Run(Scope scope)
    {
        foreach (var statement in Statements)
        {
            if (statement.Run(scope) is not Flow.Next and var flow) return flow;
        }

        return Flow.Next;
    }
}

internal sealed record TextOutput(string Text) : Statement
{
    public override Flow Run(Scope scope)
    {
        scope.Rendering.Output.Append(Text);
        return Flow.Next;
    }
}

internal sealed record Print(int Line, Expression Value) : Statement
{
    public override Flow Run(Scope scope)
    {
        object? value = Value.Evaluate(scope);
        scope.Rendering.Line = Line;
        scope.Rendering.Output.Append(Values.Print(value));
        return Flow.Next;
    }
}

internal sealed record If(Expression Condition, Statement Then, Statement? Otherwise) : Statement
{
    public override Flow Run(Scope scope) =>
        Values.IsTrue(Condition.Evaluate(scope)) ? Then.Run(scope) : Otherwise?.Run(scope) ?? Flow.Next;
}

/// <summary>Ends a pass of the loop around it, or the loop.</summary>
internal sealed record Jump(Flow Flow) : Statement
{
    public override Flow Run(Scope scope) => Flow;
}

/// <summary>Sets names, or an attribute of a namespace, to a value or to what a block writes.</summary>
internal sealed record Set(int Line, IReadOnlyList<string> Names, string? Attribute, Expression? Value, Statement? Body) : Statement
{
    public override Flow Run(Scope scope)
    {
        object? value = Value is null ? scope.Rendering.Capture(() => Body!.Run(scope.Inner())) : Value.Evaluate(scope);
        scope.Rendering.Line = Line;
        if (Attribute is null)
        {
            Assign(scope, Names, value);
            return Flow.Next;
        }

        if (scope[Names[0]] is not Namespace space)
            throw new TemplateProblem($"'{Names[0]}' is {Values.Kind(scope[Names[0]])}; only attributes of a namespace() can be set");
        space.Values[Attribute] = value;
        return Flow.Next;
    }

    /// <summary>Gives names their values, several of which come from a list of as many.</summary>
    public static void Assign(Scope scope, IReadOnlyList<string> names, object? value)
    {
        if (names.Count == 1)
        {
            scope[names[0]] = value;
            return;
        }

        var parts = Values.Items(value);
        if (parts.Count != names.Count) throw new TemplateProblem($"{parts.Count} values cannot be given to {names.Count} names");
        for (int i = 0; i < parts.Count; i++) scope[names[i]] = parts[i];
    }
}

/// <summary>A macro: its parameters, those with defaults last, and its body. Its value is what the body writes.</summary>
internal sealed record Macro(
    int Line, string Name, IReadOnlyList<(string Name, Expression? Default)> Parameters, Statement Body) : Statement
{
    public override Flow Run(Scope scope)
    {
        TemplateFunction call = arguments =>
        {
            var inner = scope.Inner();
            foreach (var (name, absent) in Parameters)
                inner[name] = arguments.Take(name, absent is null ? new Undefined(name) : absent.Evaluate(inner));
            arguments.End();
            return inner.Rendering.Capture(() => Body.Run(inner));
        };
        scope[Name] = call;
        return Flow.Next;
    }
}
