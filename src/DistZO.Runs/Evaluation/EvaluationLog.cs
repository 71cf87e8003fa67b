using System.Text.Json;
using System.Text.Json.Nodes;
using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Runs;

/// <summary>
/// The sidecar of evaluations: one JSON line each, keyed by the chain hash of the weights they saw and the digest of the rows they were
/// made on, so that after a crash, a cut or a change of rows only those count that can be compared. It is what <c>--export best</c> and <c>distzo export --best</c> go by.
/// </summary>
public sealed class EvaluationLog
{
    private readonly string _path;
    private readonly string? _rows;
    private readonly Dictionary<ChainHash, Entry> _entries = [];

    /// <summary>Reads what is there; a line that a crash tore is ignored.</summary>
    /// <param name="path">The file; it need not be there.</param>
    /// <param name="rows">Digest of the rows whose evaluations count; null for those of the last line.</param>
    public EvaluationLog(string path, string? rows = null)
    {
        _path = path;
        if (!File.Exists(path))
        {
            _rows = rows;
            return;
        }

        var entries = File.ReadLines(path).Select(Entry.Parse).OfType<Entry>().ToList();
        _rows = rows ?? entries.LastOrDefault()?.Rows;
        foreach (var entry in entries.Where(entry => entry.Rows == _rows)) _entries[entry.Chain] = entry;
    }

    /// <summary>One evaluation.</summary>
    public sealed record Entry(int Step, ChainHash Chain, string Rows, IReadOnlyDictionary<string, double> Metrics)
    {
        internal static Entry? Parse(string line)
        {
            try
            {
                using var json = JsonDocument.Parse(line);
                var root = json.RootElement;
                if (ChainHash.Parse(root.GetProperty("chain").GetString() ?? "") is not { } chain) return null;
                var metrics = root.GetProperty("metrics").EnumerateObject().DistinctBy(p => p.Name).ToDictionary(
                    p => p.Name, p => p.Value.ValueKind == JsonValueKind.Number ? p.Value.GetDouble() : double.NaN);
                return new Entry(root.GetProperty("step").GetInt32(), chain, root.GetProperty("rows").GetString() ?? "", metrics);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                return null;
            }
        }

        internal string Line() => new JsonObject
        {
            ["step"] = Step,
            ["chain"] = Chain.ToString(),
            ["rows"] = Rows,
            ["metrics"] = new JsonObject(Metrics.Select(m => KeyValuePair.Create<string, JsonNode?>(m.Key, double.IsFinite(m.Value) ? m.Value : null))),
        }.ToJsonString();
    }

    /// <summary>The evaluation of the weights that a chain hash names, if it was made.</summary>
    public Entry? Find(ChainHash chain) => _entries.GetValueOrDefault(chain);

    /// <summary>The evaluations of a ledger's history, in order.</summary>
    public IEnumerable<Entry> Of(LedgerContents ledger) =>
        _entries.Values.Where(entry => ledger.IsPrefix(entry.Step, entry.Chain)).OrderBy(entry => entry.Step);

    /// <summary>Remembers an evaluation, durably.</summary>
    public void Add(int step, ChainHash chain, EvaluationResult result)
    {
        var entry = new Entry(step, chain, _rows ?? "", result.Metrics.ToDictionary(m => m.Name, m => m.Value));
        _entries[chain] = entry;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            using var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            var torn = file.Length > 0 && LastByte(file) != '\n';
            file.Seek(0, SeekOrigin.End);
            file.Write(System.Text.Encoding.UTF8.GetBytes((torn ? "\n" : "") + entry.Line() + "\n"));
            file.Flush(flushToDisk: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(_path, e);
        }
    }

    private static int LastByte(FileStream file)
    {
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte();
    }
}
