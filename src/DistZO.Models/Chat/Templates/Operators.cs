namespace DistZO.Models.Chat.Templates;

/// <summary>The operators between two values.</summary>
internal static class Operators
{
    /// <summary>More characters than a template makes by multiplying a text.</summary>
    private const long LongestText = 1 << 20;

    public static bool Holds(string comparison, object? left, object? right) => comparison switch
    {
        "==" => Values.AreEqual(left, right),
        "!=" => !Values.AreEqual(left, right),
        "in" => Values.Contains(right, left),
        "not in" => !Values.Contains(right, left),
        "<" => Values.Compare(left, right) < 0,
        "<=" => Values.Compare(left, right) <= 0,
        ">" => Values.Compare(left, right) > 0,
        _ => Values.Compare(left, right) >= 0,
    };

    public static object? Calculate(string symbol, object? left, object? right)
    {
        switch (symbol, left, right)
        {
            case ("~", _, _):
                return Values.Print(left) + Values.Print(right);
            case ("+", string x, string y):
                return x + y;
            case ("+", List<object?> x, List<object?> y):
                return new List<object?>([.. x, .. y]);
            case ("*", string text, long or bool):
                return Repeat(text, Values.Integer(right, ""));
            case ("*", long or bool, string text):
                return Repeat(text, Values.Integer(left, ""));
            case (_, long or bool, long or bool):
                return Calculate(symbol, Values.Integer(left, ""), Values.Integer(right, ""));
            default:
                throw new TemplateProblem($"'{symbol}' of {Values.Kind(left)} and {Values.Kind(right)} is not supported");
        }
    }

    private static object Calculate(string symbol, long left, long right)
    {
        try
        {
            return symbol switch
            {
                "+" => checked(left + right),
                "-" => checked(left - right),
                "*" => checked(left * right),
                "//" => Floor(left, right),
                "%" => checked(left - (Floor(left, right) * right)),
                _ => throw new TemplateProblem($"the operator '{symbol}' is not supported"),
            };
        }
        catch (Exception e) when (e is OverflowException or DivideByZeroException)
        {
            throw new TemplateProblem($"'{left} {symbol} {right}' has no value of 64 bits", e);
        }
    }

    /// <summary>Python rounds quotients down.</summary>
    private static long Floor(long left, long right)
    {
        long quotient = checked(left / right);
        return left % right != 0 && (left < 0) != (right < 0) ? quotient - 1 : quotient;
    }

    private static string Repeat(string text, long times) => text.Length * (decimal)Math.Max(times, 0) <= LongestText
        ? string.Concat(Enumerable.Repeat(text, (int)Math.Clamp(times, 0, LongestText)))
        : throw new TemplateProblem($"a text is repeated {times} times, which is too long");
}
