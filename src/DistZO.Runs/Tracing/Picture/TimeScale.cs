using System.Globalization;

namespace DistZO.Runs;

/// <summary>Where moments are on a horizontal axis.</summary>
/// <param name="window">What the axis shows.</param>
/// <param name="left">Where it begins, in pixels.</param>
/// <param name="width">Its length.</param>
internal sealed class TimeScale(TraceWindow window, double left, double width)
{
    private const double PixelsBetweenTicks = 90;

    public double Left => left;

    public double Right => left + width;

    public double PixelsPerNanosecond => width / window.Nanoseconds;

    public double Of(long moment) => left + ((moment - window.Begin) * PixelsPerNanosecond);

    /// <summary>Round moments and their labels, counted from <paramref name="origin"/>.</summary>
    public IEnumerable<(double X, string Label)> Ticks(long origin)
    {
        var atLeast = PixelsBetweenTicks / PixelsPerNanosecond;
        var power = Math.Pow(10, Math.Floor(Math.Log10(atLeast)));
        var distance = power * (atLeast / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        if (distance < 1) distance = 1;
        var (unit, name) = distance switch { >= 1e8 => (1e9, "s"), >= 1e5 => (1e6, "ms"), _ => (1e3, "µs") };
        var digits = Math.Clamp((int)Math.Ceiling(Math.Log10(unit / distance)), 0, 3);
        for (var at = Math.Ceiling((window.Begin - origin) / distance) * distance; at <= window.End - origin; at += distance)
        {
            var label = (at / unit).ToString("F" + digits, CultureInfo.InvariantCulture);
            yield return (left + ((at - (window.Begin - origin)) * PixelsPerNanosecond), $"{label} {name}");
        }
    }
}
