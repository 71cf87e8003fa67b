using System.Text.Json;
using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training;

/// <summary>What a safetensors file holds, for <c>distzo inspect</c>. The whole file is read and checked.</summary>
public sealed class TensorFileSummary
{
    private readonly TensorFacts _tensors;
    private readonly IReadOnlyDictionary<string, string> _metadata;

    private TensorFileSummary(TensorFacts tensors, IReadOnlyDictionary<string, string> metadata) =>
        (_tensors, _metadata) = (tensors, metadata);

    /// <summary>
    /// As of a model directory if the file alone is the model of the config.json beside it; else the tensors are numbered by name.
    /// </summary>
    public string WeightsDigest => _tensors.WeightsDigest;

    /// <summary>Reads a file. Throws <see cref="BadInputException"/> if it is unsound.</summary>
    public static TensorFileSummary Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var tensors = file.Tensors;
        return new TensorFileSummary(new TensorFacts(tensors, file.Summarize(), ArchitectureBeside(path, file)), file.Metadata);
    }

    /// <summary>The summary for people, one line a fact.</summary>
    public IEnumerable<string> Lines()
    {
        yield return "safetensors file, sound";
        foreach (var line in _tensors.Lines()) yield return line;
        foreach (var (name, value) in _metadata) yield return $"says of itself: {name} = {value.ReplaceLineEndings(" ")}";
    }

    /// <summary>Writes the summary's members into an open JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        _tensors.WriteJson(json);
        json.WriteStartObject("metadata");
        foreach (var (name, value) in _metadata) json.WriteString(name, value);
        json.WriteEndObject();
    }

    private static ModelArchitecture? ArchitectureBeside(string path, SafetensorsFile file)
    {
        var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, Checkpoint.ConfigName);
        if (!File.Exists(config)) return null;
        try
        {
            return ModelFamilies.Describe(ModelConfig.Read(config), name => file.Find(name) is not null);
        }
        catch (BadInputException)
        {
            // The file may be sound though the config beside it is not, or is another model's.
            return null;
        }
    }
}
