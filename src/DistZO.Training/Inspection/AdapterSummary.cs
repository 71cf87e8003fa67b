using System.Globalization;
using System.Text.Json;
using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training;

/// <summary>What an adapter directory in PEFT's layout holds, for <c>distzo inspect</c>. All weights are read and checked.</summary>
public sealed class AdapterSummary
{
    private readonly PeftConfig _config;
    private readonly TensorFacts _tensors;

    private AdapterSummary(PeftConfig config, TensorFacts tensors) => (_config, _tensors) = (config, tensors);

    /// <summary>Reads a directory. Throws <see cref="BadInputException"/> where it is unsound or of a kind that is not supported.</summary>
    public static AdapterSummary Read(string directory)
    {
        var config = PeftConfig.Read(directory);
        using var file = PeftReader.OpenWeights(directory);
        return new AdapterSummary(config, new TensorFacts(file.Tensors, file.Summarize(), architecture: null));
    }

    /// <summary>The summary for people, one line a fact.</summary>
    public IEnumerable<string> Lines()
    {
        yield return _config.Kind == PeftConfig.Lora
            ? string.Create(CultureInfo.InvariantCulture, $"adapter, {_config.Kind}: r {_config.Rank}, alpha {_config.Alpha}")
            : $"adapter, {_config.Kind}: {_config.VirtualTokens} virtual tokens";
        yield return $"of {_config.BaseModel ?? "a base that it does not name"}";
        foreach (var line in _tensors.Lines()) yield return line;
    }

    /// <summary>Writes the summary's members into an open JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("peft_type", _config.Kind);
        if (_config.Kind == PeftConfig.Lora)
        {
            json.WriteNumber("r", _config.Rank);
            json.WriteNumber("lora_alpha", _config.Alpha);
        }
        else
        {
            json.WriteNumber("num_virtual_tokens", _config.VirtualTokens);
        }

        json.WriteString("base_model_name_or_path", _config.BaseModel);
        _tensors.WriteJson(json);
    }
}
