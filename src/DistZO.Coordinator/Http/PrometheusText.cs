using System.Globalization;
using System.Text;

namespace DistZO.Coordinator;

/// <summary>Writes metrics in Prometheus' text exposition format, version 0.0.4.</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();

    /// <summary>A metric of one sample; nothing if it is not known.</summary>
    public void Gauge(string name, string help, double? value)
    {
        if (value is not { } known) return;
        Family(name, help, "gauge");
        Sample(name, known);
    }

    /// <summary>A count of one sample that only grows; its name ends in <c>_total</c>.</summary>
    public void Counter(string name, string help, double value)
    {
        Family(name, help, "counter");
        Sample(name, value);
    }

    /// <summary>A metric with a sample for each of several labels; nothing if there is none.</summary>
    public void Family(string name, string help, string type, IEnumerable<((string Name, string Value)[] Labels, double? Value)> samples)
    {
        var known = samples.Where(sample => sample.Value is not null).ToList();
        if (known.Count == 0) return;
        Family(name, help, type);
        foreach (var (labels, value) in known) Sample(name, value!.Value, labels);
    }

    public override string ToString() => _text.ToString();

    private void Family(string name, string help, string type)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
    }

    private void Sample(string name, double value, params ReadOnlySpan<(string Name, string Value)> labels)
    {
        _text.Append(name);
        for (var i = 0; i < labels.Length; i++)
        {
            _text.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(Escape(labels[i].Value)).Append('"');
        }

        if (labels.Length > 0) _text.Append('}');
        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string Escape(string value) => value.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n");

    private static string Number(double value) => value switch
    {
        double.NaN => "NaN",
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
