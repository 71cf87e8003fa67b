using System.Globalization;

namespace DistZO.Coordinator;

/// <summary>A number of the query: parsed here rather than by the framework, so that an error names the parameter and its bounds.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Default">If it is not given.</param>
/// <param name="Smallest">The smallest value.</param>
/// <param name="Largest">The largest.</param>
/// <param name="Help">What it is, for the OpenAPI document.</param>
internal sealed record QueryNumber(string Name, long? Default, long Smallest, long Largest, string Help)
{
    /// <summary>Reads <paramref name="text"/>; null if there is none, and no default. False with what is wrong.</summary>
    public bool TryRead(string? text, out long? value, out Problem? problem)
    {
        (value, problem) = (Default, null);
        if (string.IsNullOrEmpty(text)) return true;
        var whole = long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (whole && number >= Smallest && number <= Largest)
        {
            value = number;
            return true;
        }

        var given = text.Length <= 40 ? text : text[..37] + "...";
        problem = Problem.BadParameter($"'{Name}' is {given}", $"Give {Name} as a whole number {Bounds}.");
        return false;
    }

    private string Bounds => Largest == long.MaxValue
        ? string.Create(CultureInfo.InvariantCulture, $"of at least {Smallest:N0}")
        : string.Create(CultureInfo.InvariantCulture, $"from {Smallest:N0} to {Largest:N0}");
}
