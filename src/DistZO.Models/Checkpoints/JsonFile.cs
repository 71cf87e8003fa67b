using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A small JSON file whose root is an object, read whole.</summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Reads a file. Afterwards every name and string in it can be read without an error.</summary>
    /// <exception cref="BadInputException">It cannot be read or is not one JSON object; names the line and the column.</exception>
    public static JsonElement ReadObject(string path) => ParseObject(ReadBytes(path), path);

    /// <summary>As <see cref="ReadObject"/>, of content that is in memory; <paramref name="path"/> names it in errors.</summary>
    public static JsonElement ParseObject(byte[] content, string path)
    {
        try
        {
            using var document = JsonDocument.Parse(content, Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Bad(path, "it is not a JSON object");
            ReadText(document.RootElement);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            var place = e.LineNumber is { } line ? $" at line {line + 1}, column {e.BytePositionInLine + 1}" : "";
            throw Bad(path, $"it is not valid JSON{place}");
        }
        catch (InvalidOperationException)
        {
            throw Bad(path, "a string in it is not valid Unicode");
        }
    }

    /// <summary>The content of a file.</summary>
    /// <exception cref="BadInputException">It cannot be read.</exception>
    public static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"cannot read '{path}' ({e.Message.TrimEnd('.')}); check that it exists and may be read", e);
        }
    }

    /// <summary>The error for a file whose content is wrong.</summary>
    public static BadInputException Bad(string path, string what) => new($"'{path}': {what}; correct it or download it again");

    // JsonDocument decodes strings lazily, so one with half a surrogate pair or stray bytes would fail somewhere later.
    private static void ReadText(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.String) _ = element.GetString();
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray()) ReadText(item);
        }

        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in element.EnumerateObject())
            {
                _ = property.Name;
                ReadText(property.Value);
            }
        }
    }
}
