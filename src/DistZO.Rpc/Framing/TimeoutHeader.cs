using System.Globalization;

namespace DistZO.Rpc.Framing;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
internal static class TimeoutHeader
{
    private const long MostDigits = 99_999_999;

    /// <summary>Finest unit first, with its length in ticks of 100 ns; nanoseconds, finer than a tick, are only read.</summary>
    private static readonly (char Name, long Ticks)[] Units =
    [
        ('u', TimeSpan.TicksPerMicrosecond), ('m', TimeSpan.TicksPerMillisecond), ('S', TimeSpan.TicksPerSecond),
        ('M', TimeSpan.TicksPerMinute), ('H', TimeSpan.TicksPerHour),
    ];

    /// <summary>In the finest unit that fits, rounded up; 1 microsecond for a time that is over.</summary>
    public static string Format(TimeSpan timeout)
    {
        foreach (var (name, ticks) in Units)
        {
            long count = Math.Max(1, timeout.Ticks / ticks + (timeout.Ticks % ticks > 0 ? 1 : 0));
            if (count <= MostDigits) return string.Create(CultureInfo.InvariantCulture, $"{count}{name}");
        }
        return $"{MostDigits}H";
    }

    /// <summary>False for what is no timeout. Nanoseconds are rounded up to a tick of 100.</summary>
    public static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9) return false;
        if (!long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long count)) return false;
        char unit = text[^1];
        if (unit == 'n')
        {
            timeout = TimeSpan.FromTicks((count + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);
            return true;
        }
        foreach (var (name, ticks) in Units)
        {
            if (name != unit) continue;
            timeout = TimeSpan.FromTicks(count * ticks); // eight digits of hours are less than TimeSpan can hold
            return true;
        }
        return false;
    }
}
