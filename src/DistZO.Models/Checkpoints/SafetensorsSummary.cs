namespace DistZO.Models;

/// <summary>What a set of tensors amounts to.</summary>
/// <param name="Tensors">How many there are.</param>
/// <param name="Parameters">Elements of all of them.</param>
/// <param name="Bytes">Bytes of all of them, headers not counted.</param>
/// <param name="ParametersByType">Elements under each number format, the most first.</param>
public sealed record SafetensorsSummary(
    int Tensors, long Parameters, long Bytes, IReadOnlyList<KeyValuePair<string, long>> ParametersByType)
{
    /// <summary>Adds up <paramref name="entries"/>.</summary>
    public static SafetensorsSummary Of(IReadOnlyCollection<SafetensorsEntry> entries) => new(
        entries.Count,
        entries.Sum(entry => entry.Elements),
        entries.Sum(entry => entry.Bytes),
        [.. entries.GroupBy(entry => entry.DType)
            .Select(group => KeyValuePair.Create(group.Key, group.Sum(entry => entry.Elements)))
            .OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)]);
}
