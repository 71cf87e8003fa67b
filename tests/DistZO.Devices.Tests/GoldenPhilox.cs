using System.Globalization;
using System.Text.Json;

namespace DistZO.Devices.Tests;

/// <summary>The independent reference of philox-v1: the one beside the checkout, or else the copy in the repository.</summary>
internal static class GoldenPhilox
{
    public static JsonElement Section(string name) => Document.Value.RootElement.GetProperty(name);

    public static ulong Hex(this JsonElement element, string name) =>
        ulong.Parse(element.GetProperty(name).GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static uint Hex(this JsonElement element) =>
        uint.Parse(element.GetString()!, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static readonly Lazy<JsonDocument> Document = new(() =>
    {
        var beside = Path.Combine(Fixtures.Root, "philox", "golden.json");
        var copy = Path.Combine(Fixtures.Repository, "tests", "DistZO.Devices.Tests", "Golden", "philox-v1.json");
        return JsonDocument.Parse(File.ReadAllText(File.Exists(beside) ? beside : copy));
    });
}
