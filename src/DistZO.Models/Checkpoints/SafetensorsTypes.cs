using DistZO.Devices;

namespace DistZO.Models;

/// <summary>The number formats that a safetensors header can name.</summary>
public static class SafetensorsTypes
{
    // In the order of alignment that the format's own writer sorts by (its Dtype enumeration); the position here is the rank.
    private static readonly (string Name, int Bits)[] Known =
    [
        ("BOOL", 8), ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8),
        ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("I16", 16), ("U16", 16), ("F16", 16), ("BF16", 16), ("I32", 32), ("U32", 32), ("F32", 32),
        ("C64", 64), ("F64", 64), ("I64", 64), ("U64", 64),
    ];

    /// <summary>Bits an element takes; null for a name that the format does not define.</summary>
    public static int? Bits(string name) => Rank(name) is var rank and >= 0 ? Known[rank].Bits : null;

    /// <summary>The place of a type in the format's sorting order (wider types are higher); −1 for an unknown name.</summary>
    public static int Rank(string name) => Array.FindIndex(Known, known => known.Name == name);

    /// <summary>The format that DistZO computes with under this name; null for integers, float64 and all others.</summary>
    public static WeightType? ToWeightType(string name) => name switch
    {
        "F32" => WeightType.Float32,
        "BF16" => WeightType.BFloat16,
        "F16" => WeightType.Float16,
        _ => null,
    };

    /// <summary>The inverse of <see cref="ToWeightType"/>.</summary>
    public static string SafetensorsName(this WeightType type) => type switch
    {
        WeightType.Float32 => "F32",
        WeightType.BFloat16 => "BF16",
        WeightType.Float16 => "F16",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };
}
