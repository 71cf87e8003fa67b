namespace DistZO.Models.Chat.Templates;

/// <summary>
/// What a function, filter or test is called with. It takes its parameters one after the other, then says that it has all.
/// </summary>
/// <param name="callee">Its name, for messages.</param>
/// <param name="positional">Values in order.</param>
/// <param name="named">Values by name.</param>
internal sealed class Arguments(string callee, IReadOnlyList<object?> positional, Dictionary<string, object?> named)
{
    private int _next;

    public string Callee => callee;

    /// <summary>The arguments by name that nobody took.</summary>
    public IReadOnlyDictionary<string, object?> Named => named;

    /// <summary>The next parameter, or what stands for it when it is left out.</summary>
    public object? Take(string name, object? absent)
    {
        if (_next < positional.Count) return positional[_next++];
        return named.Remove(name, out var value) ? value : absent;
    }

    /// <summary>The next parameter, which may not be left out.</summary>
    public object? Require(string name)
    {
        object? value = Take(name, this);
        return ReferenceEquals(value, this) ? throw new TemplateProblem($"'{callee}' needs its argument '{name}'") : value;
    }

    /// <summary>The next parameter, which must be a text; null when it is left out.</summary>
    public string? TakeText(string name) => Take(name, null) switch
    {
        null => null,
        string text => text,
        var other => throw new TemplateProblem($"the argument '{name}' of '{callee}' must be a text, but is {Values.Kind(other)}"),
    };

    public string RequireText(string name) =>
        Values.Text(Require(name), $"the argument '{name}' of '{callee}'");

    public long TakeInteger(string name, long absent) =>
        Values.Integer(Take(name, absent), $"the argument '{name}' of '{callee}'");

    /// <summary>All positional values that are left.</summary>
    public IReadOnlyList<object?> TakeAll()
    {
        object?[] rest = [.. positional.Skip(_next)];
        _next = positional.Count;
        End();
        return rest;
    }

    /// <summary>Refuses arguments that nobody took.</summary>
    public void End()
    {
        if (_next < positional.Count)
            throw new TemplateProblem($"'{callee}' is called with {positional.Count} arguments, which is too many");
        if (named.Count > 0) throw new TemplateProblem($"the argument '{named.Keys.First()}' of '{callee}' is not supported");
    }
}
