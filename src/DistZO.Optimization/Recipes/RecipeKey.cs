using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>Whether a key decides the records and weights of a run, and so belongs to its identity.</summary>
public enum RecipeKeyKind
{
    /// <summary>Decides what is trained. Changing it makes another run.</summary>
    Trajectory,

    /// <summary>As <see cref="Trajectory"/> where the learning rate depends on it: <c>max_steps</c> under a falling schedule.</summary>
    TrajectoryOfSchedule,

    /// <summary>Where files lie, what is shown, kept and measured. Free to change at any time.</summary>
    Operational,
}

/// <summary>One key of a recipe. <see cref="RecipeKeys"/> declares them all.</summary>
public abstract class RecipeKey
{
    private protected RecipeKey(string name, RecipeKeyKind kind, string help, string[] aliases)
    {
        Name = name;
        Kind = kind;
        Help = help;
        Aliases = aliases;
    }

    /// <summary>The name in YAML; as a flag it is <c>--name</c>, with <c>_</c> or <c>-</c>.</summary>
    public string Name { get; }

    /// <summary>Shorter names that mean the same.</summary>
    public IReadOnlyList<string> Aliases { get; }

    public RecipeKeyKind Kind { get; }

    /// <summary>One line for people.</summary>
    public string Help { get; }

    /// <summary>What a value must be, as it completes "must be …".</summary>
    public abstract string Expected { get; }

    /// <summary>The default as YAML writes it, for help texts.</summary>
    public string DefaultText => RecipeYaml.Scalar(this, ToJson(DefaultValue));

    /// <summary>True for a key that is on or off, so that its flag may stand alone.</summary>
    public abstract bool IsSwitch { get; }

    /// <summary>True where a value is more than one word, so that a flag's text is read as YAML.</summary>
    internal abstract bool IsStructured { get; }

    /// <summary>The word that people write for "not set".</summary>
    internal abstract string Unset { get; }

    /// <summary>Reads and checks a value, or throws <see cref="BadInputException"/> naming the place.</summary>
    internal abstract object? Read(RecipeNode node);

    /// <summary>A value as JSON; null for "not set".</summary>
    internal abstract JsonNode? ToJson(object? value);

    /// <summary>The value that holds when nobody sets one.</summary>
    internal abstract object? DefaultValue { get; }
}

/// <summary>A key whose values are of type <typeparamref name="T"/>.</summary>
public sealed class RecipeKey<T> : RecipeKey
{
    private readonly RecipeType<T> _type;

    internal RecipeKey(string name, RecipeType<T> type, T @default, RecipeKeyKind kind, string help, string[] aliases)
        : base(name, kind, help, aliases)
    {
        _type = type;
        Default = @default;
    }

    /// <summary>The value that holds when nobody sets one.</summary>
    public T Default { get; }

    public override string Expected => _type.Expected;

    public override bool IsSwitch => typeof(T) == typeof(bool);

    internal override bool IsStructured => typeof(T) == typeof(IReadOnlyList<Choice>) || typeof(T) == typeof(RecipeObjective);

    internal override object? DefaultValue => Default;

    internal override string Unset => _type.Unset;

    internal override object? Read(RecipeNode node)
    {
        if (_type.TryRead(node, out var value)) return value;
        var found = node is RecipeScalar ? $"'{Shorten(node.Flow)}'" : Shorten(node.Flow);
        throw new BadInputException($"{node.Place}: '{Name}' must be {Expected}, not {found}");
    }

    internal override JsonNode? ToJson(object? value) => _type.ToJson((T)value!);

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..57] + "...";
}
