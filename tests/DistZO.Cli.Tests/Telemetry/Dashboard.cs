using System.Text.Json;

namespace DistZO.Cli.Tests.Telemetry;

/// <summary>What the Grafana dashboard asks for.</summary>
internal sealed class Dashboard : IDisposable
{
    private readonly JsonDocument _json = JsonDocument.Parse(File.ReadAllText(Observability.At("grafana", "dashboards", "distzo.json")));

    public JsonElement Root => _json.RootElement;

    public IEnumerable<JsonElement> Panels => Root.GetProperty("panels").EnumerateArray();

    /// <summary>Each query and how its series are called.</summary>
    public IEnumerable<(string Expression, string Legend)> Queries =>
        from panel in Panels
        where panel.TryGetProperty("targets", out _)
        from target in panel.GetProperty("targets").EnumerateArray()
        select (target.GetProperty("expr").GetString()!, target.GetProperty("legendFormat").GetString()!);

    public void Dispose() => _json.Dispose();
}
