namespace DistZO.Cli.Terminal;

/// <summary>The few control sequences (ECMA-48) that a live line needs; every terminal since the VT100 knows them.</summary>
internal static class Ansi
{
    public const string ClearToEnd = "\u001b[K";
    public const string HideCursor = "\u001b[?25l";
    public const string ShowCursor = "\u001b[?25h";
    public const string NoWrap = "\u001b[?7l";
    public const string Wrap = "\u001b[?7h";
    public const string Cyan = "\u001b[36m";
    public const string Yellow = "\u001b[33m";
    public const string Dim = "\u001b[0;2m";
    public const string Plain = "\u001b[0m";
}
