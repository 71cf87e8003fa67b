using System.CommandLine;

namespace DistZO.Cli.Commands;

/// <summary>A command line as it can be pasted into a shell.</summary>
internal static class CommandText
{
    /// <summary>The command that was given, with words quoted where a POSIX shell needs it.</summary>
    public static string Of(ParseResult parsed) => string.Join(' ', parsed.Tokens.Select(token => Quoted(token.Value)).Prepend("distzo"));

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,+=@%".Contains(c))
            ? word
            : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
