namespace DistZO.Models.Chat.Templates;

/// <summary>The tests of <c>is</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Func<object?, Arguments, bool>> Known = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _) => value is not Undefined,
        ["undefined"] = (value, _) => value is Undefined,
        ["none"] = (value, _) => value is null,
        ["string"] = (value, _) => value is string,
        ["mapping"] = (value, _) => value is OrderedDictionary<string, object?>,
        ["sequence"] = (value, _) => value is string or List<object?> or OrderedDictionary<string, object?> or Undefined,
        ["iterable"] = (value, _) => value is string or List<object?> or OrderedDictionary<string, object?> or Undefined,
        ["number"] = (value, _) => value is long or bool,
        ["integer"] = (value, _) => value is long,
        ["boolean"] = (value, _) => value is bool,
        ["true"] = (value, _) => value is true,
        ["false"] = (value, _) => value is false,
        ["callable"] = (value, _) => value is TemplateFunction,
        ["odd"] = (value, _) => Values.Integer(value, "what is tested") % 2 != 0,
        ["even"] = (value, _) => Values.Integer(value, "what is tested") % 2 == 0,
        ["divisibleby"] = (value, a) => Divisible(Values.Integer(value, "what is tested"), a.Require("num")),
        ["eq"] = (value, a) => Values.AreEqual(value, a.Require("other")),
        ["equalto"] = (value, a) => Values.AreEqual(value, a.Require("other")),
        ["=="] = (value, a) => Values.AreEqual(value, a.Require("other")),
        ["ne"] = (value, a) => !Values.AreEqual(value, a.Require("other")),
        ["!="] = (value, a) => !Values.AreEqual(value, a.Require("other")),
        ["in"] = (value, a) => Values.Contains(a.Require("seq"), value),
    };

    /// <exception cref="TemplateProblem">There is no test of this name here.</exception>
    public static Func<object?, Arguments, bool> Find(string name) => Known.TryGetValue(name, out var test)
        ? (value, arguments) =>
        {
            bool holds = test(value, arguments);
            arguments.End();
            return holds;
        }
    : throw new TemplateProblem($"the test '{name}' is not supported (supported: {string.Join(", ", Known.Keys)})");

    private static bool Divisible(long value, object? by)
    {
        long divisor = Values.Integer(by, "a divisor");
        return divisor != 0 ? value % divisor == 0 : throw new TemplateProblem("the divisor is 0");
    }
}
