using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using DistZO.Devices;

namespace DistZO.Models.Tokenizers;

/// <summary>
/// Reads tokenizer.json as JSON and makes sure that it is sound text, so that the readers of its parts need only judge meaning.
/// </summary>
internal static class TokenizerFile
{
    private const string Name = "tokenizer.json";

    /// <summary>The root of the file; the caller disposes of the document.</summary>
    public static (JsonDocument Document, JsonPlace Root) Read(string directoryOrFile)
    {
        string file = Locate(directoryOrFile);
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{file}: cannot be read: {e.Message}", e);
        }

        CheckText(file, bytes);
        try
        {
            var document = JsonDocument.Parse(bytes);
            return (document, new JsonPlace(file, "", document.RootElement));
        }
        catch (JsonException e)
        {
            throw NotJson(file, e);
        }
    }

    private static string Locate(string directoryOrFile)
    {
        if (!Directory.Exists(directoryOrFile)) return directoryOrFile;
        string file = Path.Combine(directoryOrFile, Name);
        if (File.Exists(file)) return file;
        throw new BadInputException(
            $"{directoryOrFile}: no {Name} here, the one tokenizer file that is read; download it with the model, or have transformers "
            + "make it of the model's other tokenizer files: AutoTokenizer.from_pretrained(DIR).save_pretrained(DIR)");
    }

    /// <summary>Refuses bytes that are not UTF-8 and escapes such as \ud800 alone, which JsonElement would only trip over later.</summary>
    private static void CheckText(string file, byte[] bytes)
    {
        if (!Utf8.IsValid(bytes))
        {
            Utf8.ToUtf16(bytes, new char[bytes.Length], out int valid, out _, replaceInvalidSequences: false);
            throw new BadInputException($"{file}: {Position(bytes, valid)}: the bytes are not UTF-8; save the file as UTF-8");
        }

        var reader = new Utf8JsonReader(bytes);
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped) reader.GetString();
            }
        }
        catch (InvalidOperationException e)
        {
            string position = Position(bytes, (int)reader.TokenStartIndex);
            throw new BadInputException($"{file}: {position}: a \\u escape is half of a surrogate pair; the file is damaged", e);
        }
        catch (JsonException e)
        {
            throw NotJson(file, e);
        }
    }

    private static BadInputException NotJson(string file, JsonException e)
    {
        // The reader repeats the place at the end of its message, counted from zero.
        string what = e.Message.Split(" LineNumber:")[0].TrimEnd('.', ' ').ReplaceLineEndings(" ");
        return new BadInputException($"{file}: line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}: not valid JSON: {what}", e);
    }

    private static string Position(ReadOnlySpan<byte> bytes, int at)
    {
        var before = bytes[..at];
        return $"line {before.Count((byte)'\n') + 1}, column {at - (before.LastIndexOf((byte)'\n') + 1) + 1}";
    }
}
