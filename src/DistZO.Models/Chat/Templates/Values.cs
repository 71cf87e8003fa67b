using System.Globalization;

namespace DistZO.Models.Chat.Templates;

/// <summary>
/// The values of a template: null (none), <see cref="Undefined"/>, bool, long, string, lists of values, ordered maps from text to
/// value, <see cref="Namespace"/>, <see cref="TemplateFunction"/>; and what Python does with them.
/// </summary>
internal static class Values
{
    /// <summary>What a value is, in the words of a message.</summary>
    public static string Kind(object? value) => value switch
    {
        null => "none",
        Undefined undefined => $"undefined ({undefined.Name})",
        bool => "a boolean",
        long => "a number",
        string => "a text",
        List<object?> => "a list",
        OrderedDictionary<string, object?> => "a mapping",
        Namespace => "a namespace",
        _ => "a function",
    };

    public static bool IsTrue(object? value) => value switch
    {
        null or Undefined => false,
        bool flag => flag,
        long number => number != 0,
        string text => text.Length > 0,
        List<object?> list => list.Count > 0,
        OrderedDictionary<string, object?> map => map.Count > 0,
        _ => true,
    };

    /// <summary>A value as it is printed. Lists and mappings, which Python would print in its own notation, are refused.</summary>
    public static string Print(object? value) => value switch
    {
        null => "None",
        Undefined => "",
        bool flag => flag ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        string text => text,
        _ => throw new TemplateProblem($"{Kind(value)} is printed as it is, which is not supported; the filter tojson makes text of it"),
    };

    public static string Text(object? value, string what) =>
        value as string ?? throw new TemplateProblem($"{what} must be a text, but is {Kind(value)}");

    public static long Integer(object? value, string what) => value switch
    {
        long number => number,
        bool flag => flag ? 1 : 0,
        _ => throw new TemplateProblem($"{what} must be a number, but is {Kind(value)}"),
    };

    /// <summary>Python's <c>==</c>; true is 1 and false 0.</summary>
    public static bool AreEqual(object? left, object? right)
    {
        if (left is bool a) left = a ? 1L : 0L;
        if (right is bool b) right = b ? 1L : 0L;
        return (left, right) switch
        {
            (Undefined, Undefined) => true,
            (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(pair => AreEqual(pair.First, pair.Second)),
            (OrderedDictionary<string, object?> x, OrderedDictionary<string, object?> y) =>
                x.Count == y.Count && x.All(entry => y.TryGetValue(entry.Key, out var other) && AreEqual(entry.Value, other)),
            _ => Equals(left, right),
        };
    }

    /// <summary>Less than zero, zero or more: how two numbers or two texts are ordered, texts by code point.</summary>
    public static int Compare(object? left, object? right) => (left, right) switch
    {
        (string x, string y) => x.EnumerateRunes().Zip(y.EnumerateRunes()).Select(pair => pair.First.CompareTo(pair.Second))
            .FirstOrDefault(order => order != 0, PythonText.Length(x).CompareTo(PythonText.Length(y))),
        (long or bool, long or bool) => Integer(left, "").CompareTo(Integer(right, "")),
        _ => throw new TemplateProblem($"{Kind(left)} and {Kind(right)} have no order"),
    };

    /// <summary>Python's <c>in</c>.</summary>
    public static bool Contains(object? whole, object? part) => whole switch
    {
        string text => text.Contains(Text(part, "what is looked for in a text"), StringComparison.Ordinal),
        List<object?> list => list.Any(item => AreEqual(item, part)),
        OrderedDictionary<string, object?> map => part is string key && map.ContainsKey(key),
        Undefined => false,
        _ => throw new TemplateProblem($"nothing can be in {Kind(whole)}"),
    };

    /// <summary>What a loop goes through: items, characters of a text, keys of a mapping.</summary>
    public static List<object?> Items(object? value) => value switch
    {
        List<object?> list => list,
        string text => [.. PythonText.Characters(text)],
        OrderedDictionary<string, object?> map => [.. map.Keys],
        Undefined => [],
        _ => throw new TemplateProblem($"{Kind(value)} has no items to go through"),
    };

    public static long Length(object? value) => value is string text ? PythonText.Length(text) : Items(value).Count;
}
