using System.Globalization;
using System.Security;
using System.Text;

namespace DistZO.Runs;

/// <summary>An SVG picture while it is being written.</summary>
internal sealed class SvgText
{
    private readonly StringBuilder _text = new();

    /// <summary>Appends markup. Numbers have a dot and few digits; texts in it must be <see cref="Escape"/>d.</summary>
    public void Add(FormattableString markup) => _text.AppendLine(markup.ToString(CultureInfo.InvariantCulture));

    /// <summary>A line of text.</summary>
    /// <param name="x">Of its anchor.</param>
    /// <param name="y">Of its baseline.</param>
    /// <param name="style">Classes.</param>
    /// <param name="text">Any text.</param>
    public void Text(double x, double y, string style, string text) => Add($"<text class=\"{style}\" x=\"{x:0.#}\" y=\"{y:0.#}\">{Escape(text)}</text>");

    /// <summary>A rectangle, with a text that appears when it is pointed at.</summary>
    public void Box(double x, double y, double width, double height, string style, string title, double opacity = 1)
    {
        FormattableString faint = $" fill-opacity=\"{opacity:0.##}\"";
        var shade = opacity < 1 ? faint.ToString(CultureInfo.InvariantCulture) : "";
        Add($"<rect class=\"{style}\" x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" height=\"{height:0.##}\"{shade}><title>{Escape(title)}</title></rect>");
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
