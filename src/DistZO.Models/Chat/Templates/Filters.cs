namespace DistZO.Models.Chat.Templates;

/// <summary>The filters behind <c>|</c>.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Func<object?, Arguments, object?>> Known = new(StringComparer.Ordinal)
    {
        ["trim"] = (value, a) => PythonText.Strip(Printed(value), a.TakeText("chars"), left: true, right: true),
        ["upper"] = (value, _) => PythonText.RequireAscii(Printed(value), "upper").ToUpperInvariant(),
        ["lower"] = (value, _) => PythonText.RequireAscii(Printed(value), "lower").ToLowerInvariant(),
        ["title"] = (value, _) => PythonText.Title(Printed(value)),
        ["capitalize"] = (value, _) => PythonText.Capitalize(Printed(value)),
        ["length"] = (value, _) => Values.Length(value),
        ["count"] = (value, _) => Values.Length(value),
        ["default"] = Default,
        ["d"] = Default,
        ["first"] = (value, _) => Values.Items(value) is [var first, ..] ? first : new Undefined("first of nothing"),
        ["last"] = (value, _) => Values.Items(value) is [.., var last] ? last : new Undefined("last of nothing"),
        ["join"] = Join,
        ["replace"] = (value, a) => Methods.Replace(Printed(value), a),
        ["string"] = (value, _) => Printed(value),
        ["int"] = (value, a) => Integer(value, a.TakeInteger("default", 0)),
        ["list"] = (value, _) => new List<object?>(Values.Items(value)),
        ["items"] = (value, _) => value switch
        {
            OrderedDictionary<string, object?> map => Methods.Pairs(map),
            Undefined => new List<object?>(),
            _ => throw new TemplateProblem($"'items' needs a mapping, not {Values.Kind(value)}"),
        },
        ["reverse"] = (value, _) => value is string
            ? throw new TemplateProblem("'reverse' of a text is not supported")
            : Enumerable.Reverse(Values.Items(value)).ToList(),
        ["map"] = Map,
        ["select"] = (value, a) => Select(value, a, byAttribute: false, wanted: true),
        ["reject"] = (value, a) => Select(value, a, byAttribute: false, wanted: false),
        ["selectattr"] = (value, a) => Select(value, a, byAttribute: true, wanted: true),
        ["rejectattr"] = (value, a) => Select(value, a, byAttribute: true, wanted: false),
        ["tojson"] = ToJson,
        ["indent"] = Indent,
        ["safe"] = (value, _) => Printed(value),
    };

    /// <exception cref="TemplateProblem">There is no filter of this name here.</exception>
    public static Func<object?, Arguments, object?> Find(string name) => Known.TryGetValue(name, out var filter)
        ? (value, arguments) =>
        {
            object? result = filter(value, arguments);
            arguments.End();
            return result;
        }
    : throw new TemplateProblem($"the filter '{name}' is not supported (supported: {string.Join(", ", Known.Keys)})");

    private static string Printed(object? value) => Values.Print(value);

    private static object? Default(object? value, Arguments arguments)
    {
        object? fallback = arguments.Take("default_value", "");
        bool alsoFalse = Values.IsTrue(arguments.Take("boolean", false));
        return value is Undefined || (alsoFalse && !Values.IsTrue(value)) ? fallback : value;
    }

    private static string Join(object? value, Arguments arguments)
    {
        string separator = arguments.TakeText("d") ?? "";
        string? attribute = arguments.TakeText("attribute");
        return string.Join(
            separator, Values.Items(value).Select(item => Printed(attribute is null ? item : Access.Item(item, attribute))));
    }

    private static object Integer(object? value, long fallback) => value switch
    {
        long or bool => Values.Integer(value, ""),
        string text when text.All(char.IsAsciiDigit) && text.Length is > 0 and < 19 => long.Parse(text, null),
        string text when text.All(c => !char.IsDigit(c)) => fallback,
        _ => throw new TemplateProblem($"'int' of {Values.Kind(value)} is not supported (supported: texts of digits)"),
    };

    private static List<object?> Map(object? value, Arguments arguments)
    {
        string attribute = arguments.Take("filter", null) is null
            ? arguments.RequireText("attribute")
            : throw new TemplateProblem("'map' with a filter is not supported (supported: map(attribute='...'))");
        return [.. Values.Items(value).Select(item => Access.Item(item, attribute))];
    }

    private static List<object?> Select(object? value, Arguments arguments, bool byAttribute, bool wanted)
    {
        string? attribute = byAttribute ? arguments.RequireText("attribute") : null;
        string? test = arguments.TakeText("test");
        object?[] others = [.. arguments.TakeAll()];
        return [.. Values.Items(value).Where(item => Holds(attribute is null ? item : Access.Item(item, attribute)) == wanted)];

        bool Holds(object? part) => test is null ? Values.IsTrue(part) : Tests.Find(test)(part, new Arguments(test, others, []));
    }

    private static string Indent(object? value, Arguments arguments)
    {
        long width = arguments.TakeInteger("width", 4);
        bool first = Values.IsTrue(arguments.Take("first", false)), blank = Values.IsTrue(arguments.Take("blank", false));
        string space = new(' ', (int)Math.Clamp(width, 0, 1_000));
        var lines = Printed(value).ReplaceLineEndings("\n").Split('\n');
        return string.Join("\n", lines.Select((line, i) => (i == 0 ? first : blank || line.Length > 0) ? space + line : line));
    }

    private static string ToJson(object? value, Arguments arguments)
    {
        object? ascii = arguments.Take("ensure_ascii", false);
        object? indent = arguments.Take("indent", null);
        int? width = indent is null ? null : (int)Math.Clamp(Values.Integer(indent, "indent"), 0, 100);
        object? separators = arguments.Take("separators", null);
        if (Values.IsTrue(ascii)) throw new TemplateProblem("'tojson' with ensure_ascii is not supported");
        if (separators is null) return new PythonJson(width, width is null ? ", " : ",", ": ").Write(value);
        return separators is List<object?> { Count: 2 } pair
            ? new PythonJson(width, Values.Text(pair[0], "a separator"), Values.Text(pair[1], "a separator")).Write(value)
            : throw new TemplateProblem("the separators of 'tojson' must be two texts");
    }
}
