using System.Globalization;
using DistZO.Devices;

namespace DistZO.Cli.Planning;

/// <summary>Numbers of bytes as people write them.</summary>
internal static class ByteSize
{
    private static readonly (string Unit, double Bytes)[] Units =
    [
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
    ];

    /// <summary>Reads <c>4GiB</c>, <c>80GB</c>, <c>1.5 TB</c>.</summary>
    /// <exception cref="BadInputException">It is none of these, or not positive.</exception>
    public static long Parse(string text, string option)
    {
        foreach (var (unit, bytes) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) continue;
            if (double.TryParse(text[..^unit.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value * bytes is >= 1 and <= 1e18)
                return (long)(value * bytes);
        }

        throw new BadInputException($"{option}: '{text}' is no size; write a number with a unit, such as 4GiB or 80GB");
    }

    /// <summary>With three digits at least, in powers of 1000.</summary>
    public static string Text(double bytes)
    {
        var (unit, size) = bytes < 999.5e6 ? ("MB", 1e6) : bytes < 9995e9 ? ("GB", 1e9) : ("TB", 1e12);
        return (bytes / size).ToString(bytes / size < 99.95 ? "0.0#" : "0", CultureInfo.InvariantCulture) + " " + unit;
    }
}
