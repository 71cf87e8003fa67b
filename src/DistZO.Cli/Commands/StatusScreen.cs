using System.Text;
using DistZO.Cli.Terminal;

namespace DistZO.Cli.Commands;

/// <summary>Puts pictures of a run on a terminal: one over the other, or one below the other.</summary>
/// <param name="output">Where to; not disposed.</param>
/// <param name="over">Whether each takes the place of the one before.</param>
/// <param name="colour">Whether to use colours.</param>
internal sealed class StatusScreen(TextWriter output, bool over, bool colour)
{
    private const string Home = "\u001b[H";
    private const string Clear = "\u001b[2J";
    private const string ClearBelow = "\u001b[J";
    private bool _shown;

    public void Show(ClusterPicture picture)
    {
        int? height = over ? TerminalSize.Height() - 1 : null;
        var lines = ClusterText.Lines(picture.Status, picture.Workers, picture.Events, TerminalSize.Width() - 1, height, colour);
        // One write, so that it does not flicker.
        var text = new StringBuilder();
        if (over) text.Append(_shown ? Home : Clear + Home);
        else if (_shown) text.AppendLine();
        foreach (var line in lines) text.Append(line).Append(over ? Ansi.ClearToEnd : "").AppendLine();
        if (over) text.Append(ClearBelow);
        output.Write(text);
        output.Flush();
        _shown = true;
    }
}
