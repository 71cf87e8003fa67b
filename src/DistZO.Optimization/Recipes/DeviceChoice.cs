using System.Globalization;

namespace DistZO.Optimization;

/// <summary>What kind of device computes.</summary>
public enum DeviceKind
{
    /// <summary>A GPU if there is one, or the CPU.</summary>
    Auto,
    Cpu,
    Cuda,
}

/// <summary>What computes: <c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Ordinal">Which GPU; null for any.</param>
public readonly record struct DeviceChoice(DeviceKind Kind, int? Ordinal)
{
    private const string Gpu = "cuda:";

    /// <summary>Whatever is there.</summary>
    public static DeviceChoice Auto => default;

    /// <summary>Reads the words of <see cref="ToString"/>.</summary>
    public static bool TryParse(string text, out DeviceChoice choice)
    {
        choice = default;
        if (Enum.TryParse<DeviceKind>(text, ignoreCase: true, out var kind) && char.IsLetter(text[0]))
        {
            choice = new DeviceChoice(kind, null);
            return true;
        }

        if (!text.StartsWith(Gpu, StringComparison.OrdinalIgnoreCase)) return false;
        if (!int.TryParse(text.AsSpan(Gpu.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal)) return false;
        choice = new DeviceChoice(DeviceKind.Cuda, ordinal);
        return true;
    }

    public override string ToString() => Ordinal is { } ordinal ? $"{Gpu}{ordinal}" : Kind.ToString().ToLowerInvariant();
}
