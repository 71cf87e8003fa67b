using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>One tensor of a run's layout. Its place in the list is its ordinal, the third counter word of philox-v1.</summary>
/// <param name="Name">The logical name, as in the checkpoint.</param>
/// <param name="Role">Decides whether weight decay touches it.</param>
/// <param name="Shape">Row-major dimensions, as the checkpoint stores them.</param>
public sealed record TensorLayout(string Name, TensorRole Role, IReadOnlyList<long> Shape)
{
    internal JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["role"] = RoleName(Role),
        ["shape"] = new JsonArray([.. Shape.Select(n => JsonValue.Create(n))]),
    };

    internal static TensorLayout Parse(JsonNode? json) => new(
        json!["name"]!.GetValue<string>(),
        Enum.GetValues<TensorRole>().First(role => RoleName(role) == json["role"]!.GetValue<string>()),
        [.. json["shape"]!.AsArray().Select(n => n!.GetValue<long>())]);

    private static string RoleName(TensorRole role) => role switch
    {
        TensorRole.Matrix => "matrix",
        TensorRole.Embedding => "embedding",
        TensorRole.Bias => "bias",
        TensorRole.Norm => "norm",
        _ => throw new ArgumentOutOfRangeException(nameof(role)),
    };

    public bool Equals(TensorLayout? other) =>
        other is not null && Name == other.Name && Role == other.Role && Shape.SequenceEqual(other.Shape);

    public override int GetHashCode() => HashCode.Combine(Name, Role, Shape.Count);
}
