using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// Reads JSON Lines: UTF-8, one JSON object a line. A byte order mark, CRLF and blank lines are tolerated; everything else that is
/// not as it should be is one <see cref="BadInputException"/> that names file, line and column.
/// </summary>
public static class JsonlFile
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>
    /// The rows of a file, read as they are asked for. A file without a row is an error too. Throws
    /// <see cref="RunFailedException"/> when reading fails half-way.
    /// </summary>
    public static IEnumerable<JsonlRow> Read(string path)
    {
        using var stream = Open(path);
        foreach (var row in Read(stream, path)) yield return row;
    }

    /// <summary>The rows of an open stream; <paramref name="path"/> names it in errors.</summary>
    public static IEnumerable<JsonlRow> Read(Stream stream, string path)
    {
        var lines = new LineReader(stream, path);
        bool any = false;
        while (TryReadLine(lines, path, out var line))
        {
            if (IsBlank(line.Span)) continue;
            any = true;
            yield return Parse(line, path, lines.Line);
        }
        if (any) yield break;
        throw new BadInputException($"{path}: the file has no rows; expected one JSON object a line, such as {{\"text\": \"…\"}}");
    }

    private static FileStream Open(string path)
    {
        if (Directory.Exists(path)) throw new BadInputException($"{path}: is a directory; expected a JSON Lines file");
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: no such file", e);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException or ArgumentException)
        {
            throw new BadInputException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    private static bool TryReadLine(LineReader lines, string path, out ReadOnlyMemory<byte> line)
    {
        try
        {
            return lines.TryRead(out line);
        }
        catch (IOException e)
        {
            throw new RunFailedException($"{path}: reading failed after line {lines.Line}: {e.Message}", e);
        }
    }

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.IndexOfAnyExcept(" \t\r"u8) < 0;

    private static JsonlRow Parse(ReadOnlyMemory<byte> line, string path, int number)
    {
        if (!Utf8.IsValid(line.Span)) throw Error(line.Span, path, number, InvalidAt(line.Span), "not valid UTF-8; save the file as UTF-8");
        try
        {
            using var document = JsonDocument.Parse(line, Strict);
            var value = document.RootElement.Clone();
            if (value.ValueKind != JsonValueKind.Object)
            {
                throw Error(line.Span, path, number, line.Span.IndexOfAnyExcept(" \t"u8),
                    $"expected a JSON object such as {{\"text\": \"…\"}} on each line, found {JsonlRow.Kind(value)}");
            }
            DecodeStrings(value);
            return new JsonlRow(path, number, value);
        }
        catch (JsonException e)
        {
            int at = (int)Math.Clamp(e.BytePositionInLine ?? 0, 0, line.Length);
            throw Error(line.Span, path, number, at, $"not valid JSON: {Reason(e)}");
        }
        catch (InvalidOperationException e)
        {
            throw new BadInputException(
                $"{path}:{number}: a string holds half of a surrogate pair (\\ud800 to \\udfff without its partner), which is not text", e);
        }
    }

    /// <summary>An escaped half of a surrogate pair is valid JSON but no text, and throws only when read: here, not in mid-run.</summary>
    private static void DecodeStrings(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray()) DecodeStrings(item);
                break;
            case JsonValueKind.Object:
                foreach (var field in value.EnumerateObject())
                {
                    _ = field.Name;
                    DecodeStrings(field.Value);
                }
                break;
        }
    }

    private static int InvalidAt(ReadOnlySpan<byte> line)
    {
        int at = 0;
        while (Rune.DecodeFromUtf8(line[at..], out _, out int consumed) == System.Buffers.OperationStatus.Done) at += consumed;
        return at;
    }

    /// <summary>The parser's sentence says what was expected; its position is left out because it counts from 0 and in bytes.</summary>
    private static string Reason(JsonException e)
    {
        int position = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        string reason = position < 0 ? e.Message : e.Message[..position];
        return reason.ReplaceLineEndings(" ").TrimEnd('.', ' ');
    }

    private static BadInputException Error(ReadOnlySpan<byte> line, string path, int number, int at, string problem)
    {
        int column = 1 + Encoding.UTF8.GetCharCount(line[..at]);
        return new BadInputException($"{path}:{number}:{column}: {problem}");
    }
}
