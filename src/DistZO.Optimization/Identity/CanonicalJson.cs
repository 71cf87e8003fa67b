using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace DistZO.Optimization;

/// <summary>
/// One text for one JSON value, so that its hash means something: keys sorted by their UTF-8 bytes, no spaces, only the escapes
/// that JSON demands, numbers in shortest round-trip form. It is what Python's
/// <c>json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)</c> makes of the same value.
/// </summary>
public static class CanonicalJson
{
    public static string Write(JsonNode? value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    /// <summary>
    /// A number: whole ones below 10¹⁶ without a point; else the shortest digits that give the same binary64, with an exponent of at
    /// least two digits outside [10⁻⁴, 10¹⁶).
    /// </summary>
    public static string Number(double value)
    {
        if (!double.IsFinite(value)) throw new ArgumentException("JSON has no such number", nameof(value));
        if (value == 0) return "0";
        // "E16" is digits and exponent apart: -d.ddd…E±xxx with the 17 digits that always suffice. Shorter ones are tried first.
        for (var digits = 0; ; digits++)
        {
            var text = value.ToString("E" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            if (double.Parse(text, CultureInfo.InvariantCulture) == value) return LayOut(text);
        }
    }

    private static string LayOut(string scientific)
    {
        var sign = scientific[0] == '-' ? "-" : "";
        var mark = scientific.IndexOf('E', StringComparison.Ordinal);
        var digits = scientific[sign.Length..mark].Replace(".", "", StringComparison.Ordinal);
        var exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        digits = digits.TrimEnd('0');
        if (exponent is < -4 or >= 16)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):D2}";
        }

        if (exponent < 0) return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        digits = digits.PadRight(exponent + 1, '0');
        return digits.Length == exponent + 1 ? sign + digits : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static void Append(StringBuilder text, JsonNode? value)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonObject map:
                text.Append('{');
                var first = true;
                // Ordinal order of UTF-16 is the order of UTF-8 bytes for all keys in use: they are ASCII.
                foreach (var (key, item) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    if (!first) text.Append(',');
                    first = false;
                    AppendString(text, key);
                    text.Append(':');
                    Append(text, item);
                }

                text.Append('}');
                break;
            case JsonArray list:
                text.Append('[');
                for (var i = 0; i < list.Count; i++)
                {
                    if (i > 0) text.Append(',');
                    Append(text, list[i]);
                }

                text.Append(']');
                break;
            case JsonValue scalar:
                AppendScalar(text, scalar);
                break;
        }
    }

    private static void AppendScalar(StringBuilder text, JsonValue scalar)
    {
        switch (scalar.GetValueKind())
        {
            case JsonValueKind.True:
                text.Append("true");
                break;
            case JsonValueKind.False:
                text.Append("false");
                break;
            case JsonValueKind.String:
                AppendString(text, scalar.GetValue<string>());
                break;
            default:
                var raw = scalar.ToJsonString();
                var whole = raw.All(c => char.IsAsciiDigit(c) || c == '-');
                text.Append(whole ? raw : Number(double.Parse(raw, CultureInfo.InvariantCulture)));
                break;
        }
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
