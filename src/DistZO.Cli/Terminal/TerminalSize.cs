namespace DistZO.Cli.Terminal;

/// <summary>The terminal's size at this moment; that of an old one where there is none.</summary>
internal static class TerminalSize
{
    public static int Width() => Of(() => Console.WindowWidth, 80);

    public static int Height() => Of(() => Console.WindowHeight, 24);

    private static int Of(Func<int> ask, int otherwise)
    {
        try
        {
            return ask() is > 0 and var size ? size : otherwise;
        }
        catch (IOException)
        {
            return otherwise;
        }
    }
}
