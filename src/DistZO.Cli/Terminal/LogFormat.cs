using DistZO.Devices;

namespace DistZO.Cli.Terminal;

/// <summary>How progress is written: as <c>--log-json</c> says, or for a whole container by a variable.</summary>
internal static class LogFormat
{
    public const string Variable = "DISTZO_LOG_FORMAT";

    public const string Text = "text";

    private const string Json = "json";

    /// <param name="asked">Whether the recipe or a flag asks for JSON.</param>
    /// <param name="variable">The variable's value; null or empty if it is not set.</param>
    /// <exception cref="BadInputException">The variable is neither.</exception>
    public static bool IsJson(bool asked, string? variable) => variable switch
    {
        null or "" or Text => asked,
        Json => true,
        _ => throw new BadInputException($"{Variable}: '{variable}' is none of {Text}, {Json}"),
    };
}
