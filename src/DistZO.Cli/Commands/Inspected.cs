using System.Text.Json;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary>Tells by its content what a path is, and gathers what there is to say.</summary>
/// <param name="Kind">What it is, in a word.</param>
/// <param name="Lines">What there is to say, for people.</param>
/// <param name="Write">The same for machines.</param>
/// <param name="Problem">Why it is no good for what it is there for; null if it is.</param>
internal sealed record Inspected(string Kind, Func<IEnumerable<string>> Lines, Action<Utf8JsonWriter> Write, string? Problem = null)
{
    /// <summary>Reads and checks all of it. Throws <see cref="BadInputException"/> if it is unsound or nothing that is known.</summary>
    public static Inspected Of(string path)
    {
        if (Directory.Exists(path)) return OfDirectory(path);
        return KindOf(path) switch
        {
            FileKind.Ledger => OfLedger(path),
            FileKind.Tensors => OfTensors(path),
            FileKind.Rows => OfRows(path),
            _ => throw new BadInputException(
                $"'{path}' is neither a ledger, nor a safetensors file, nor JSON Lines; a model is inspected by its directory"),
        };
    }

    /// <summary>The ledger that a path means; <paramref name="flag"/> is what needs one.</summary>
    public static string LedgerAt(string path, string flag)
    {
        var ledger = Directory.Exists(path) ? new RunDirectory(path).Ledger : path;
        if (!File.Exists(ledger))
            throw new BadInputException($"{flag}: '{ledger}' does not exist; give a ledger or the output directory of a run");
        return ledger;
    }

    /// <summary>Writes the members of the JSON line.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("kind", Kind);
        Write(json);
    }

    /// <summary>A directory may be a model's, an adapter's, and that of a run, which holds its ledger and perhaps an adapter.</summary>
    private static Inspected OfDirectory(string path)
    {
        var run = new RunDirectory(path);
        var inside = Path.Combine(path, PeftWriter.FolderName);
        List<(string Name, Inspected Part)> parts = [];
        if (File.Exists(Path.Combine(path, Checkpoint.ConfigName))) parts.Add(("", OfModel(path)));
        if (PeftConfig.IsIn(path)) parts.Add(("", OfAdapter(path)));
        else if (PeftConfig.IsIn(inside)) parts.Add((PeftWriter.FolderName, OfAdapter(inside)));
        if (File.Exists(run.Ledger)) parts.Add((RunDirectory.LedgerName, OfLedger(run.Ledger)));
        if (parts.Count == 0)
        {
            throw new BadInputException(
                $"'{path}' is neither a model directory (it has no {Checkpoint.ConfigName}) nor an adapter's (it has no {PeftWriter.ConfigName}) "
                + $"nor that of a run (it has no {RunDirectory.LedgerName})");
        }

        var (first, others) = (parts[0].Part, parts[1..]);
        return first with
        {
            Lines = () => first.Lines().Concat(others.SelectMany(other => other.Part.Lines().Select(line => $"{other.Name}: {line}"))),
            Write = json =>
            {
                first.Write(json);
                foreach (var (_, part) in others)
                {
                    json.WriteStartObject(part.Kind);
                    part.Write(json);
                    json.WriteEndObject();
                }
            },
            Problem = parts.Select(part => part.Part.Problem).LastOrDefault(problem => problem is not null),
        };
    }

    private static Inspected OfModel(string path)
    {
        var model = ModelSummary.Read(path);
        return new Inspected("model", model.Lines, model.WriteJson, model.Problem is { } cause ? $"'{path}' cannot be trained: {cause}" : null);
    }

    private static Inspected OfAdapter(string path)
    {
        var adapter = AdapterSummary.Read(path);
        return new Inspected("adapter", adapter.Lines, adapter.WriteJson);
    }

    private static Inspected OfLedger(string path)
    {
        var ledger = LedgerSummary.Read(path);
        return new Inspected("ledger", ledger.Lines, ledger.WriteJson, ledger.Damage);
    }

    private static Inspected OfTensors(string path)
    {
        var file = TensorFileSummary.Read(path);
        return new Inspected("safetensors", file.Lines, file.WriteJson);
    }

    private static Inspected OfRows(string path)
    {
        var rows = DataFileSummary.Read(path);
        return new Inspected("data", rows.Lines, rows.WriteJson);
    }

    private enum FileKind
    {
        Unknown,
        Ledger,
        Tensors,
        Rows,
    }

    /// <summary>By the first bytes; where these tell nothing, as in a damaged file, by the name.</summary>
    private static FileKind KindOf(string path)
    {
        Span<byte> start = stackalloc byte[9];
        try
        {
            using var file = File.OpenRead(path);
            start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read '{path}' ({e.Message.TrimEnd('.')})", e);
        }

        if (start.StartsWith("DISTZOL\n"u8)) return FileKind.Ledger;
        if (start.Length == 9 && start[8] == '{' && start[7] == 0) return FileKind.Tensors;
        var byteOrderMark = "\uFEFF"u8;
        var text = start.StartsWith(byteOrderMark) ? start[byteOrderMark.Length..] : start;
        if (text.TrimStart(" \t\r\n"u8).StartsWith("{"u8)) return FileKind.Rows;
        return Path.GetExtension(path) switch
        {
            ".zol" => FileKind.Ledger,
            ".safetensors" => FileKind.Tensors,
            ".jsonl" => FileKind.Rows,
            _ => FileKind.Unknown,
        };
    }
}
