using System.Globalization;

namespace DistZO.Runs;

/// <summary>Quantities as people read them: three significant digits, a unit, few characters.</summary>
public static class Quantity
{
    private static readonly string[] ByteUnits = ["B", "KB", "MB", "GB", "TB", "PB"];

    /// <summary>Bytes in powers of 1,000: <c>8.69 MB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (value >= 999.5 && unit < ByteUnits.Length - 1)
        {
            value /= 1000;
            unit++;
        }

        return (unit == 0 ? value.ToString("0", CultureInfo.InvariantCulture) : ThreeDigits(value)) + " " + ByteUnits[unit];
    }

    /// <summary>Bytes that are needed: no fewer than that are shown, so that what is shown suffices.</summary>
    public static string BytesNeeded(long bytes) => Bytes(bytes, decimal.Ceiling);

    /// <summary>Bytes that there are: no more than that are shown.</summary>
    public static string BytesGiven(long bytes) => Bytes(bytes, decimal.Floor);

    /// <summary>A count or a rate: <c>950</c>, <c>5.21k</c>, <c>4.34M</c>.</summary>
    public static string Count(double value) => value switch
    {
        < 999.5 => value.ToString("0", CultureInfo.InvariantCulture),
        < 999_500 => ThreeDigits(value / 1e3) + "k",
        < 999_500_000 => ThreeDigits(value / 1e6) + "M",
        _ => ThreeDigits(value / 1e9) + "G",
    };

    /// <summary>A duration in whole seconds: <c>0:07</c>, <c>1:23</c>, <c>2:05:00</c>, <c>3d 04:00</c>.</summary>
    public static string Time(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds >= 1e9) return "?";
        var time = TimeSpan.FromSeconds(Math.Ceiling(Math.Max(0, seconds)));
        if (time.TotalHours < 1) return time.ToString(@"m\:ss", CultureInfo.InvariantCulture);
        return time.TotalDays < 1
            ? time.ToString(@"h\:mm\:ss", CultureInfo.InvariantCulture)
            : time.ToString(@"d\d\ hh\:mm", CultureInfo.InvariantCulture);
    }

    /// <summary>A small number such as a learning rate, short and in full: <c>0.001</c>, <c>1.25e-6</c>, <c>0</c>.</summary>
    public static string Small(double value) => value.ToString("G3", CultureInfo.InvariantCulture).Replace("E-0", "e-").Replace("E", "e");

    /// <summary>A duration that may be short: <c>4.21 s</c>, <c>38.0 ms</c>, <c>950 µs</c>.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < 0.9995e-3 => ThreeDigits(seconds * 1e6) + " µs",
        < 0.9995 => ThreeDigits(seconds * 1e3) + " ms",
        _ => ThreeDigits(seconds) + " s",
    };

    private static string Bytes(long bytes, Func<decimal, decimal> round)
    {
        // Decimal, so that 1.1 MB do not become a hair more.
        decimal value = bytes;
        var unit = 0;
        for (; Shown() >= 1000 && unit < ByteUnits.Length - 1; unit++) value /= 1000;
        return unit == 0 ? $"{bytes} B" : $"{ThreeDigits((double)Shown())} {ByteUnits[unit]}";

        decimal Shown()
        {
            var parts = value < 10 ? 100 : value < 100 ? 10 : 1;
            return round(value * parts) / parts;
        }
    }

    private static string ThreeDigits(double value) => value switch
    {
        < 9.995 => value.ToString("0.00", CultureInfo.InvariantCulture),
        < 99.95 => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0", CultureInfo.InvariantCulture),
    };
}
