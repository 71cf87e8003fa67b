using System.Globalization;

namespace DistZO.Optimization;

/// <summary>How the work grid of a step is split over ranks.</summary>
public enum ParallelismKind
{
    /// <summary>Whatever takes the least time with the ranks that are there.</summary>
    Auto,

    /// <summary>Perturbation parallelism: along directions and signs.</summary>
    Pertp,

    /// <summary>Data parallelism: along samples.</summary>
    Dp,

    /// <summary>Both.</summary>
    TwoD,

    /// <summary>A given P × D.</summary>
    Explicit,
}

/// <summary>What the recipe's key <c>parallelism</c> says. It decides how long a step takes, never a bit of it.</summary>
/// <param name="Kind">How.</param>
/// <param name="P">Parts of the probes, if explicit.</param>
/// <param name="D">Parts of the samples, if explicit.</param>
public readonly record struct Parallelism(ParallelismKind Kind, int P = 0, int D = 0)
{
    /// <summary>The choice of whoever does not choose.</summary>
    public static Parallelism Auto => default;

    /// <summary>Reads <c>auto</c>, <c>pertp</c>, <c>dp</c>, <c>2d</c> or <c>PxD</c> such as <c>2x4</c>; null for anything else.</summary>
    public static Parallelism? Parse(string text)
    {
        switch (text)
        {
            case "auto": return Auto;
            case "pertp": return new Parallelism(ParallelismKind.Pertp);
            case "dp": return new Parallelism(ParallelismKind.Dp);
            case "2d": return new Parallelism(ParallelismKind.TwoD);
        }

        var parts = text.Split('x');
        return parts.Length == 2 && Number(parts[0]) is { } p && Number(parts[1]) is { } d ? new Parallelism(ParallelismKind.Explicit, p, d) : null;
    }

    /// <summary>The inverse of <see cref="Parse"/>.</summary>
    public override string ToString() => Kind switch
    {
        ParallelismKind.Auto => "auto",
        ParallelismKind.Pertp => "pertp",
        ParallelismKind.Dp => "dp",
        ParallelismKind.TwoD => "2d",
        _ => string.Create(CultureInfo.InvariantCulture, $"{P}x{D}"),
    };

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 1 << 20 ? value : null;
}
