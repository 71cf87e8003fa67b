namespace DistZO.Models.Chat.Templates;

/// <summary>The functions that every template can call.</summary>
internal static class Functions
{
    /// <summary>As Jinja's sandbox has it.</summary>
    private const int LongestRange = 100_000;

    private static readonly Dictionary<string, TemplateFunction> Known = new(StringComparer.Ordinal)
    {
        ["raise_exception"] = arguments => throw new TemplateProblem($"the template refuses: {arguments.RequireText("message")}"),
        ["namespace"] = MakeNamespace,
        ["range"] = Range,
    };

    public static void AddTo(Scope scope)
    {
        foreach (var (name, function) in Known) scope[name] = function;
    }

    /// <summary>Why a value cannot be called.</summary>
    public static string WhyNot(string name, object? value) => (name, value) switch
    {
        ("strftime_now", Undefined) => "'strftime_now' is not supported: the rows of a run may not depend on the day; " +
            "write the date into the template, or guard the call by 'strftime_now is defined', which is false here",
        (_, Undefined) => $"'{name}' is not supported (functions: {string.Join(", ", Known.Keys)}; " +
            "methods: those of texts and mappings that docs/chat-templates.md lists)",
        _ => $"'{name}' is {Values.Kind(value)}, which cannot be called",
    };

    private static Namespace MakeNamespace(Arguments arguments)
    {
        var space = new Namespace();
        foreach (string name in arguments.Named.Keys.ToArray()) space.Values[name] = arguments.Take(name, null);
        arguments.End();
        return space;
    }

    private static List<object?> Range(Arguments arguments)
    {
        long first = arguments.TakeInteger("start", 0);
        object? second = arguments.Take("stop", null), third = arguments.Take("step", 1L);
        arguments.End();
        long step = Values.Integer(third, "the step of a range");
        var (start, stop) = second is null ? (0L, first) : (first, Values.Integer(second, "the end of a range"));
        if (step == 0) throw new TemplateProblem("the step of a range must not be 0");
        var numbers = new List<object?>();
        for (Int128 at = start; step > 0 ? at < stop : at > stop; at += step)
        {
            if (numbers.Count == LongestRange) throw new TemplateProblem($"a range has more than {LongestRange} numbers");
            numbers.Add((long)at);
        }

        return numbers;
    }
}
