using System.Globalization;
using DistZO.Devices;

namespace DistZO.Cli.Planning;

/// <summary>Rates on the command line, in GB/s.</summary>
internal static class RateText
{
    private const double Giga = 1e9;

    /// <summary>Reads <c>25</c> (both ways) or <c>25/20</c>.</summary>
    /// <exception cref="BadInputException">It is neither, or not positive.</exception>
    public static (double First, double Second) Pair(string text, string option)
    {
        var parts = text.Split('/');
        if (parts.Length > 2) throw Wrong(text, option);
        var first = One(parts[0], text, option);
        return (first, parts.Length == 1 ? first : One(parts[1], text, option));
    }

    /// <summary>Reads several such, one a device: <c>25,25,12/10</c>.</summary>
    public static IReadOnlyList<(double First, double Second)> Pairs(string text, string option) =>
        [.. text.Split(',').Select(part => Pair(part, option))];

    private static double One(string part, string text, string option) =>
        double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is > 0 and < 1e9
            ? value * Giga
            : throw Wrong(text, option);

    private static BadInputException Wrong(string text, string option) =>
        new($"{option}: '{text}' is no rate; write GB/s such as 25, or 25/20 where the two directions differ");
}
