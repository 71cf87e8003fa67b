namespace DistZO.Models.Chat.Templates;

/// <summary>The tokens of a template, read one by one.</summary>
internal sealed class TokenReader(List<Token> tokens)
{
    /// <summary>Deeper nesting than anyone writes, and far from the end of the stack.</summary>
    private const int Deepest = 200;

    private int _at;
    private int _depth;

    public Token Next => tokens[_at];

    /// <summary>The one after the next.</summary>
    public Token After => tokens[Math.Min(_at + 1, tokens.Count - 1)];

    public Token Take() => Next.Kind == TokenKind.End ? Next : tokens[_at++];

    /// <summary>Takes an operator if it comes next.</summary>
    public Token? Take(string symbol) => Next.Is(symbol) ? Take() : null;

    /// <summary>Takes a name if it comes next.</summary>
    public Token? TakeName(string name) => Next.IsName(name) ? Take() : null;

    public Token Expect(string symbol) => Take(symbol) ?? throw Problem(Next, $"'{symbol}' is needed, not {Next}");

    public Token Expect(TokenKind kind, string what) => Next.Kind == kind ? Take() : throw Problem(Next, $"{what} is needed, not {Next}");

    /// <summary>One level of nesting, until it is disposed of.</summary>
    public Level Deeper() => ++_depth <= Deepest
        ? new Level(this)
        : throw Problem(Next, $"the template is nested more than {Deepest} deep");

    /// <summary>Makes something; what is wrong with it is wrong at this token.</summary>
    public T At<T>(Token token, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (TemplateProblem e) when (e.Line is null)
        {
            throw Problem(token, e.Message);
        }
    }

    public TemplateProblem Problem(Token token, string message) => new(message) { Line = token.Line };

    internal readonly struct Level(TokenReader reader) : IDisposable
    {
        public void Dispose() => reader._depth--;
    }
}
