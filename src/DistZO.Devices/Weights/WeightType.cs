namespace DistZO.Devices;

/// <summary>The number formats in which weights are held in memory and in checkpoints.</summary>
public enum WeightType
{
    /// <summary>IEEE binary32.</summary>
    Float32,

    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BFloat16,

    /// <summary>IEEE binary16.</summary>
    Float16,
}

/// <summary>Names and sizes of <see cref="WeightType"/>.</summary>
public static class WeightTypes
{
    /// <summary>Bytes an element takes: 4 or 2.</summary>
    public static int Size(this WeightType type) => type == WeightType.Float32 ? 4 : 2;

    /// <summary>The name that recipes and config.json use: <c>float32</c>, <c>bfloat16</c> or <c>float16</c>.</summary>
    public static string Name(this WeightType type) => type switch
    {
        WeightType.Float32 => "float32",
        WeightType.BFloat16 => "bfloat16",
        WeightType.Float16 => "float16",
        _ => throw new ArgumentOutOfRangeException(nameof(type)),
    };

    /// <summary>The inverse of <see cref="Name"/>; null for any other word.</summary>
    public static WeightType? Parse(string name) => name switch
    {
        "float32" => WeightType.Float32,
        "bfloat16" => WeightType.BFloat16,
        "float16" => WeightType.Float16,
        _ => null,
    };
}
