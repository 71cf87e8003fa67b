using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Benchmarks;

/// <summary>One figure: what was measured, and what it is measured against. A line of text or of JSON.</summary>
internal sealed class BenchmarkResult(string name)
{
    private readonly List<(string Key, object Value)> _fields = [("benchmark", name)];
    private readonly List<string> _text = [];

    /// <summary>A field of the JSON line.</summary>
    public BenchmarkResult With(string key, string value) => Add(key, value);

    /// <summary>A whole number of the JSON line.</summary>
    public BenchmarkResult With(string key, long value) => Add(key, value);

    /// <summary>A measured number of the JSON line, to so many digits after the point.</summary>
    public BenchmarkResult With(string key, double value, int digits) => Add(key, Math.Round(value, digits));

    /// <summary>A line for people.</summary>
    public BenchmarkResult Say(FormattableString line)
    {
        _text.Add($"{(_text.Count == 0 ? name : ""),-12}{FormattableString.Invariant(line)}");
        return this;
    }

    /// <summary>All that was said, line by line.</summary>
    public string ToText() => string.Join(Environment.NewLine, _text);

    /// <summary>All fields on one line.</summary>
    public string ToJson() => MetricsLine.Write(json =>
    {
        foreach (var (key, value) in _fields)
        {
            switch (value)
            {
                case long number: json.WriteNumber(key, number); break;
                case double number when double.IsFinite(number): json.WriteNumber(key, number); break;
                case double: json.WriteNull(key); break;
                default: json.WriteString(key, (string)value); break;
            }
        }
    });

    private BenchmarkResult Add(string key, object value)
    {
        _fields.Add((key, value));
        return this;
    }
}
