namespace DistZO.Models.Chat.Templates;

/// <summary>The variables that a place in a template sees: its own, then those of the scopes around it.</summary>
/// <param name="outer">The scope around it; null for the whole template.</param>
/// <param name="rendering">The rendering that it belongs to.</param>
internal sealed class Scope(Scope? outer, Rendering rendering)
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    public Rendering Rendering => rendering;

    public object? this[string name]
    {
        get
        {
            for (var scope = this; scope is not null; scope = scope.Outer)
            {
                if (scope._values.TryGetValue(name, out var value)) return value;
            }

            return new Undefined(name);
        }
        set => _values[name] = value;
    }

    private Scope? Outer => outer;

    public Scope Inner() => new(this, rendering);
}
