using System.Text.Json.Nodes;

namespace DistZO.Optimization;

/// <summary>Where a fork left its parent.</summary>
/// <param name="IdentityDigest">SHA-256 of the parent's canonical identity, hexadecimal.</param>
/// <param name="Steps">How many of the parent's steps the fork begins with.</param>
/// <param name="Chain">The parent's chain hash there.</param>
public sealed record ParentRun(string IdentityDigest, long Steps, ChainHash Chain)
{
    internal JsonObject ToJson() => new() { ["identity"] = IdentityDigest, ["steps"] = Steps, ["chain"] = Chain.ToString() };

    internal static ParentRun Parse(JsonNode json) => new(
        json["identity"]!.GetValue<string>(),
        json["steps"]!.GetValue<long>(),
        ChainHash.Parse(json["chain"]!.GetValue<string>()) ?? throw new FormatException("the parent's chain hash is not 16 digits"));
}
