namespace DistZO.Models.Chat.Templates;

/// <summary>The methods of Python's texts and mappings that templates use.</summary>
internal static class Methods
{
    /// <summary>The method of a value, or null. Methods that change a value are not there: Transformers forbids them.</summary>
    public static TemplateFunction? Find(object? value, string name) => value switch
    {
        string text => OfText(text, name),
        OrderedDictionary<string, object?> map => OfMap(map, name),
        _ => null,
    };

    private static TemplateFunction? OfText(string text, string name) => name switch
    {
        "strip" => a => PythonText.Strip(text, Last(a, a.TakeText("chars")), left: true, right: true),
        "lstrip" => a => PythonText.Strip(text, Last(a, a.TakeText("chars")), left: true, right: false),
        "rstrip" => a => PythonText.Strip(text, Last(a, a.TakeText("chars")), left: false, right: true),
        "startswith" => a => Any(Last(a, a.Require("prefix")), part => text.StartsWith(part, StringComparison.Ordinal)),
        "endswith" => a => Any(Last(a, a.Require("suffix")), part => text.EndsWith(part, StringComparison.Ordinal)),
        "removeprefix" => a => Last(a, a.RequireText("prefix")) is var part && text.StartsWith(part, StringComparison.Ordinal)
            ? text[part.Length..] : text,
        "removesuffix" => a => Last(a, a.RequireText("suffix")) is var part && text.EndsWith(part, StringComparison.Ordinal)
            ? text[..^part.Length] : text,
        "split" => a => Split(text, a, fromRight: false),
        "rsplit" => a => Split(text, a, fromRight: true),
        "replace" => a => Replace(text, a),
        "join" => a => string.Join(text, Values.Items(Last(a, a.Require("iterable"))).Select(part => Values.Text(part, "what is joined"))),
        "find" => a => Find(text, Last(a, a.RequireText("sub"))),
        "count" => a => Count(text, Last(a, a.RequireText("sub"))),
        "upper" => a => PythonText.RequireAscii(Last(a, text), name).ToUpperInvariant(),
        "lower" => a => PythonText.RequireAscii(Last(a, text), name).ToLowerInvariant(),
        "title" => a => PythonText.Title(Last(a, text)),
        "capitalize" => a => PythonText.Capitalize(Last(a, text)),
        _ => null,
    };

    private static TemplateFunction? OfMap(OrderedDictionary<string, object?> map, string name) => name switch
    {
        "items" => a => Last(a, Pairs(map)),
        "keys" => a => Last(a, map.Keys.ToList<object?>()),
        "values" => a => Last(a, map.Values.ToList()),
        "get" => a =>
        {
            object? key = a.Require("key"), absent = Last(a, a.Take("default", null));
            return key is string text && map.TryGetValue(text, out var value) ? value : absent;
        }
        ,
        _ => null,
    };

    /// <summary>The entries of a mapping, each a list of key and value.</summary>
    public static List<object?> Pairs(OrderedDictionary<string, object?> map) =>
        [.. map.Select(entry => new List<object?> { entry.Key, entry.Value })];

    /// <summary><c>str.replace</c>, whose pattern may not be empty here.</summary>
    public static string Replace(string text, Arguments arguments)
    {
        string old = arguments.RequireText("old"), replacement = arguments.RequireText("new");
        long most = Last(arguments, arguments.TakeInteger("count", -1));
        if (old.Length == 0) throw new TemplateProblem("'replace' of an empty text is not supported");
        return most < 0
            ? text.Replace(old, replacement, StringComparison.Ordinal)
            : string.Join(replacement, text.Split(old, (int)Math.Min(most, int.MaxValue - 1) + 1, StringSplitOptions.None));
    }

    private static List<object?> Split(string text, Arguments arguments, bool fromRight)
    {
        string? separator = arguments.TakeText("sep");
        long most = Last(arguments, arguments.TakeInteger("maxsplit", -1));
        if (fromRight && most >= 0 && (separator is null || most != 1))
            throw new TemplateProblem("'rsplit' is supported with a separator and maxsplit 1, or without maxsplit");
        if (separator is null) return [.. PythonText.Words(text, most)];
        if (separator.Length == 0) throw new TemplateProblem("'split' needs a separator that is not empty");
        if (fromRight && most == 1)
        {
            int at = text.LastIndexOf(separator, StringComparison.Ordinal);
            return at < 0 ? [text] : [text[..at], text[(at + separator.Length)..]];
        }

        int parts = most < 0 ? int.MaxValue : (int)Math.Min(most, int.MaxValue - 1) + 1;
        return [.. text.Split(separator, parts, StringSplitOptions.None)];
    }

    private static object Find(string text, string part)
    {
        int at = text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? -1L : (long)PythonText.Length(text[..at]);
    }

    private static object Count(string text, string part) => part.Length == 0
        ? PythonText.Length(text) + 1L
        : text.Split(part).Length - 1L;

    private static object Any(object? parts, Func<string, bool> holds) => parts is List<object?> list
        ? list.Any(part => holds(Values.Text(part, "a part")))
        : holds(Values.Text(parts, "a part"));

    private static T Last<T>(Arguments arguments, T value)
    {
        arguments.End();
        return value;
    }
}
