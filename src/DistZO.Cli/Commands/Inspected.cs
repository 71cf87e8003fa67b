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

    private static Inspected OfDirectory(string path)
    {
        var run = new RunDirectory(path);
        var ledger = File.Exists(run.Ledger) ? OfLedger(run.Ledger) : null;
        if (!File.Exists(Path.Combine(path, Checkpoint.ConfigName)))
        {
            return ledger ?? throw new BadInputException(
                $"'{path}' is neither a model directory (it has no {Checkpoint.ConfigName}) "
                + $"nor that of a run (it has no {RunDirectory.LedgerName})");
        }

        var model = ModelSummary.Read(path);
        var problem = model.Problem is { } cause ? $"'{path}' cannot be trained: {cause}" : null;
        if (ledger is null) return new Inspected("model", model.Lines, model.WriteJson, problem);
        return new Inspected(
            "model",
            () => model.Lines().Concat(ledger.Lines().Select(line => $"{RunDirectory.LedgerName}: {line}")),
            json =>
            {
                model.WriteJson(json);
                json.WriteStartObject("ledger");
                ledger.Write(json);
                json.WriteEndObject();
            },
            ledger.Problem ?? problem);
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
