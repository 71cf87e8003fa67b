using System.Text.Json.Nodes;

namespace DistZO.Optimization;

/// <summary>Reads one value; false if it is not as expected.</summary>
internal delegate bool RecipeReader<T>(RecipeNode node, out T value);

/// <summary>How the values of a recipe key are read, checked and written.</summary>
/// <param name="Expected">What a value must be, as it completes "must be …": <c>a whole number from 1 to 100</c>.</param>
/// <param name="TryRead">Reads and checks.</param>
/// <param name="ToJson">The value as JSON, null for "not set". Reading that JSON gives the value again.</param>
/// <param name="Unset">The word for "not set", where a value may be left open.</param>
internal sealed record RecipeType<T>(string Expected, RecipeReader<T> TryRead, Func<T, JsonNode?> ToJson, string Unset = "null");
