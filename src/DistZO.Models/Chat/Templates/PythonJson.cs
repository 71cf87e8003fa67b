using System.Globalization;
using System.Text;

namespace DistZO.Models.Chat.Templates;

/// <summary>
/// JSON as Python's <c>json.dumps(value, ensure_ascii=False, …)</c> writes it, which is the filter <c>tojson</c> of Transformers.
/// </summary>
/// <param name="indent">Spaces a level, or null for one line.</param>
/// <param name="between">What stands between items.</param>
/// <param name="afterKey">What stands between a key and its value.</param>
internal sealed class PythonJson(int? indent, string between, string afterKey)
{
    private readonly StringBuilder _text = new();

    /// <summary>The text of a value.</summary>
    public string Write(object? value)
    {
        _text.Clear();
        Write(value, 0);
        return _text.ToString();
    }

    private void Write(object? value, int depth)
    {
        switch (value)
        {
            case null:
                _text.Append("null");
                break;
            case bool flag:
                _text.Append(flag ? "true" : "false");
                break;
            case long number:
                _text.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            case string words:
                Quote(words, _text);
                break;
            case List<object?> list:
                WriteItems('[', ']', list, depth, item => Write(item, depth + 1));
                break;
            case OrderedDictionary<string, object?> map:
                WriteItems('{', '}', map.ToList(), depth, entry =>
                {
                    Quote(entry.Key, _text);
                    _text.Append(afterKey);
                    Write(entry.Value, depth + 1);
                });
                break;
            default:
                throw new TemplateProblem($"{Values.Kind(value)} has no JSON");
        }
    }

    private void WriteItems<T>(char open, char close, List<T> items, int depth, Action<T> write)
    {
        _text.Append(open);
        for (int i = 0; i < items.Count; i++)
        {
            if (i > 0) _text.Append(between);
            NewLine(depth + 1);
            write(items[i]);
        }

        if (items.Count > 0) NewLine(depth);
        _text.Append(close);
    }

    private void NewLine(int depth)
    {
        if (indent is { } width) _text.Append('\n').Append(' ', width * depth);
    }

    private static void Quote(string words, StringBuilder text)
    {
        text.Append('"');
        foreach (char c in words)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\f' => text.Append("\\f"),
                '\b' => text.Append("\\b"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
