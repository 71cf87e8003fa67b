using System.Globalization;
using System.Security;
using System.Text;

namespace DistZO.Runs;

/// <summary>An SVG picture while it is being written. Texts may hold anything.</summary>
internal sealed class SvgText
{
    private readonly StringBuilder _text = new();

    /// <summary>Appends markup; texts in it must be <see cref="Escape"/>d.</summary>
    public void Add(FormattableString markup) => _text.AppendLine(markup.ToString(CultureInfo.InvariantCulture));

    /// <summary>A line of text.</summary>
    /// <param name="x">Of its anchor.</param>
    /// <param name="y">Of its baseline.</param>
    /// <param name="style">Classes.</param>
    /// <param name="text">The text; nothing is drawn for none.</param>
    public void Text(double x, double y, string style, string text)
    {
        if (text.Length > 0) Add($"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\">{Escape(text)}</text>");
    }

    /// <summary>A vertical line.</summary>
    public void Line(string style, double x, double top, double bottom) => Add($"<path class=\"{style}\" d=\"M{x:0.#} {top:0.#}V{bottom:0.#}\"/>");

    /// <summary>A rectangle with slightly round corners.</summary>
    public void Shape(string style, double x, double y, double width, double height, double radius = 2) =>
        Add($"<rect class=\"{style}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" rx=\"{radius}\"/>");

    /// <summary>A rectangle with a text that appears when it is pointed at.</summary>
    public void Box(string style, double x, double y, double width, double height, string title, double opacity = 1)
    {
        Add($"<rect class=\"{style}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\" fill-opacity=\"{opacity:0.##}\">");
        Add($"<title>{Escape(title)}</title></rect>");
    }

    /// <summary>Text as XML can hold it.</summary>
    public static string Escape(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control || rune.Value is 0xFFFE or 0xFFFF) clean.Append('?');
            else clean.Append(rune);
        }

        return SecurityElement.Escape(clean.ToString());
    }

    /// <summary>The text, or its beginning if it is longer than there is room for.</summary>
    public static string Cut(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";

    public override string ToString() => _text.ToString();
}
