using System.Globalization;
using System.Text;

namespace DistZO.Models.Chat.Templates;

/// <summary>
/// Cuts a template into tokens as Jinja does with trim_blocks and lstrip_blocks (Transformers sets both): a statement takes the line
/// break behind it and the white space before it on its line; '-' takes all white space on its side, '+' none.
/// </summary>
internal sealed class TemplateLexer
{
    /// <summary>The longer ones first.</summary>
    private static readonly string[] Operators =
    [
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",",
        ";",
    ];

    /// <summary>More than anyone writes into one tag, and few enough that an expression of them does not exhaust the stack.</summary>
    private const int MostInTag = 4_000;

    private readonly List<Token> _tokens = [];
    private readonly string _source;
    private int _at;
    private int _line = 1;

    private TemplateLexer(string source) => _source = source;

    /// <summary>The tokens of a template, the last of which is the end.</summary>
    /// <exception cref="TemplateProblem">A tag, comment or string is not closed, or a character has no meaning.</exception>
    public static List<Token> Read(string template)
    {
        string source = template.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (source.EndsWith('\n')) source = source[..^1];
        var lexer = new TemplateLexer(source);
        while (lexer._at < source.Length) lexer.ReadTextAndTag();
        lexer.Add(TokenKind.End, "");
        return lexer._tokens;
    }

    private void ReadTextAndTag()
    {
        int start = _at;
        int open = _source.IndexOf('{', start);
        while (open >= 0 && !(open + 1 < _source.Length && _source[open + 1] is '{' or '%' or '#')) open = _source.IndexOf('{', open + 1);
        if (open < 0)
        {
            AddText(_source[start..]);
            Advance(_source.Length);
            return;
        }

        char kind = _source[open + 1];
        char sign = open + 2 < _source.Length ? _source[open + 2] : '\0';
        bool lineStarts = start == 0 || _source[start - 1] == '\n';
        AddText(Before(_source[start..open], kind, sign, lineStarts));
        Advance(open + (sign is '-' or '+' ? 3 : 2));
        if (kind == '#') SkipComment();
        else ReadTag(kind);
    }

    private static string Before(string text, char kind, char sign, bool lineStarts)
    {
        if (sign == '-') return PythonText.TrimEnd(text);
        if (sign == '+' || kind == '{') return text;
        int line = text.LastIndexOf('\n') + 1;
        return (line > 0 || lineStarts) && text[line..].All(PythonText.IsSpace) ? text[..line] : text;
    }

    private void SkipComment()
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0) throw Problem("the comment '{#' is not closed by '#}'");
        char sign = end > _at ? _source[end - 1] : '\0';
        Advance(end + 2);
        TrimAfter(sign, takesLineBreak: true);
    }

    private void ReadTag(char kind)
    {
        string close = kind == '{' ? "}}" : "%}";
        Add(kind == '{' ? TokenKind.PrintStart : TokenKind.StatementStart, kind == '{' ? "{{" : "{%");
        int opened = _line, first = _tokens.Count;
        int depth = 0;
        while (true)
        {
            while (_at < _source.Length && PythonText.IsSpace(_source[_at])) Advance(_at + 1);
            if (_at >= _source.Length) throw new TemplateProblem($"the tag is not closed by '{close}'") { Line = opened };

            char sign = _source[_at] is '-' or '+' ? _source[_at] : '\0';
            int end = _at + (sign == '\0' ? 0 : 1);
            bool signed = sign == '\0' || sign == '-' || kind == '%';
            if (depth == 0 && signed && string.CompareOrdinal(_source, end, close, 0, 2) == 0)
            {
                Add(TokenKind.TagEnd, close);
                Advance(end + 2);
                TrimAfter(sign, takesLineBreak: kind == '%');
                return;
            }

            if (_tokens.Count - first == MostInTag)
                throw new TemplateProblem($"the tag has more than {MostInTag} parts, which is too deep to carry out") { Line = opened };
            ReadInTag();
            if (_tokens[^1] is { Kind: TokenKind.Operator, Text: var symbol })
                depth = Math.Max(0, depth + (symbol is "(" or "[" or "{" ? 1 : symbol is ")" or "]" or "}" ? -1 : 0));
        }
    }

    private void TrimAfter(char sign, bool takesLineBreak)
    {
        if (sign == '-')
        {
            while (_at < _source.Length && PythonText.IsSpace(_source[_at])) Advance(_at + 1);
        }
        else if (sign != '+' && takesLineBreak && _at < _source.Length && _source[_at] == '\n')
        {
            Advance(_at + 1);
        }
    }

    private void ReadInTag()
    {
        char c = _source[_at];
        if (c is '\'' or '"')
        {
            ReadString(c);
        }
        else if (char.IsAsciiLetter(c) || c == '_')
        {
            AddWhile(TokenKind.Name, x => char.IsAsciiLetterOrDigit(x) || x == '_');
        }
        else if (char.IsAsciiDigit(c))
        {
            AddWhile(TokenKind.Integer, x => char.IsAsciiLetterOrDigit(x) || x == '_');
            string number = _tokens[^1].Text;
            if (_at + 1 < _source.Length && _source[_at] == '.' && char.IsAsciiDigit(_source[_at + 1])) number += ".…";
            if (!number.All(char.IsAsciiDigit)) throw Problem($"the number '{number}' is not supported (supported: decimal whole numbers)");
        }
        else
        {
            string symbol = Operators.FirstOrDefault(o => string.CompareOrdinal(_source, _at, o, 0, o.Length) == 0)
                ?? throw Problem($"'{c}' has no meaning in a tag");
            Add(TokenKind.Operator, symbol);
            Advance(_at + symbol.Length);
        }
    }

    private void AddWhile(TokenKind kind, Func<char, bool> belongs)
    {
        int end = _at;
        while (end < _source.Length && belongs(_source[end])) end++;
        Add(kind, _source[_at..end]);
        Advance(end);
    }

    private void ReadString(char quote)
    {
        int start = _at + 1, end = start;
        while (end < _source.Length && _source[end] != quote) end += _source[end] == '\\' ? 2 : 1;
        if (end >= _source.Length) throw Problem($"the text that {quote} opens is not closed");
        Add(TokenKind.String, Unescape(_source[start..end]));
        Advance(end + 1);
    }

    /// <summary>Python's escapes; a backslash before any other character stands for itself.</summary>
    private string Unescape(string literal)
    {
        var text = new StringBuilder();
        for (int i = 0; i < literal.Length; i++)
        {
            if (literal[i] != '\\' || i + 1 == literal.Length)
            {
                text.Append(literal[i]);
                continue;
            }

            char c = literal[++i];
            int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (digits > 0)
            {
                string hex = literal.Substring(i + 1, Math.Min(digits, literal.Length - i - 1));
                if (!int.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code) || hex.Length < digits
                    || !Rune.IsValid(code))
                {
                    throw Problem($"the escape '\\{c}{hex}' is no character");
                }

                text.Append(new Rune(code).ToString());
                i += digits;
                continue;
            }

            int simple = "abfnrtv\\'\"\n0".IndexOf(c, StringComparison.Ordinal);
            if (c is >= '0' and <= '7' && (c != '0' || (i + 1 < literal.Length && char.IsAsciiDigit(literal[i + 1]))))
                throw Problem("octal escapes are not supported; use \\x");
            text.Append(simple < 0 ? $"\\{c}" : new[] { "\a", "\b", "\f", "\n", "\r", "\t", "\v", "\\", "'", "\"", "", "\0" }[simple]);
        }

        return text.ToString();
    }

    private void AddText(string text)
    {
        if (text.Length > 0) Add(TokenKind.Text, text);
    }

    private void Add(TokenKind kind, string text) => _tokens.Add(new Token(kind, text, _line));

    private void Advance(int to)
    {
        _line += _source.AsSpan(_at, to - _at).Count('\n');
        _at = to;
    }

    private TemplateProblem Problem(string message) => new(message) { Line = _line };
}
