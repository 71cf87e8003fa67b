using System.Globalization;
using System.Text.Json;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>What a set of tensors in files amounts to, read to the last byte.</summary>
internal sealed class TensorFacts
{
    private readonly SafetensorsSummary _summary;

    /// <param name="tensors">All tensors of the files.</param>
    /// <param name="summary">Their counts.</param>
    /// <param name="architecture">The model that they make up; null if that is not known.</param>
    public TensorFacts(IReadOnlyList<CheckpointTensor> tensors, SafetensorsSummary summary, ModelArchitecture? architecture)
    {
        _summary = summary;
        var digest = StoredWeightsDigest.Compute(InLayout(tensors, architecture), Environment.ProcessorCount);
        WeightsDigest = Devices.WeightsDigest.Text(digest);
        BaseDigest = Convert.ToHexStringLower(CheckpointDigest.Compute(tensors, Environment.ProcessorCount));
    }

    /// <summary>In the layout's order, each tensor in the number format of its file; by name if the model is not known.</summary>
    public string WeightsDigest { get; }

    /// <summary>Of the logical tensors: what the identity of a run calls its base.</summary>
    public string BaseDigest { get; }

    public IEnumerable<string> Lines()
    {
        var types = string.Join(", ", _summary.ParametersByType.Select(pair => $"{Number(pair.Value)} as {pair.Key}"));
        yield return $"{_summary.Tensors} tensors, {Number(_summary.Parameters)} weights ({types}), {Quantity.Bytes(_summary.Bytes)}";
        yield return $"weights digest {WeightsDigest}";
        yield return $"base digest {BaseDigest}";
    }

    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteNumber("tensors", _summary.Tensors);
        json.WriteNumber("parameters", _summary.Parameters);
        json.WriteNumber("bytes", _summary.Bytes);
        json.WriteStartObject("parameters_by_dtype");
        foreach (var (type, count) in _summary.ParametersByType) json.WriteNumber(type, count);
        json.WriteEndObject();
        json.WriteString("weights_digest", WeightsDigest);
        json.WriteString("base_digest", BaseDigest);
    }

    private static IReadOnlyList<CheckpointTensor> InLayout(IReadOnlyList<CheckpointTensor> tensors, ModelArchitecture? architecture)
    {
        var byName = tensors.ToDictionary(tensor => tensor.Name);
        var layout = architecture?.Tensors.Select(spec => spec.Name).ToArray();
        return layout is not null && layout.All(byName.ContainsKey)
            ? [.. layout.Select(name => byName[name])]
            : [.. tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal)];
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
