using System.CommandLine;
using System.CommandLine.Parsing;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary>What is wrong with a command line, in one line that says how to put it right.</summary>
internal static class UsageProblem
{
    /// <summary>The first problem; null if there is none.</summary>
    public static string? Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var help = command is RootCommand ? "distzo --help" : $"distzo {command.Name} --help";
        if (parsed.Errors.Count == 0) return Empty(parsed.CommandResult) is { } empty ? $"{empty} is an empty text; give a value or leave it away (see {help})" : null;
        if (parsed.UnmatchedTokens.FirstOrDefault() is not { } unknown)
        {
            return command is RootCommand
                ? $"give a command: {string.Join(", ", command.Subcommands.Select(c => c.Name))} (see {help})"
                : $"{Wrong(parsed.Errors[0]) ?? OneLine(parsed.Errors[0].Message)} (see {help})";
        }

        var isOption = unknown.StartsWith('-');
        var names = isOption
            ? command.Options.SelectMany(option => option.Aliases.Append(option.Name))
            : command.Subcommands.Select(c => c.Name);
        var word = unknown.Split('=')[0];
        var hint = Spelling.Nearest(word, names) is { } near ? $"; did you mean '{near}'?" : "";
        var what = isOption ? "option" : command is RootCommand ? "command" : "argument";
        return $"unknown {what} '{word}'{hint} (see {help})";
    }

    /// <summary>
    /// The option or argument that stands with no text, such as <c>--trace "$FILE"</c> of a variable that is not set. A text may be empty,
    /// and recipe keys say themselves what they take.
    /// </summary>
    private static string? Empty(CommandResult command) => command.Children.Where(child => child.Tokens.Any(token => token.Value.Length == 0)).Select(child => child switch
    {
        OptionResult { Option: { HelpName: not ("TEXT" or RecipeOptions.ValueName or RecipeOptions.SwitchName) } option } => option.Name,
        ArgumentResult { Argument: var argument } => argument.Name,
        _ => null,
    }).FirstOrDefault(name => name is not null);

    /// <summary>A word where a number belongs: the parser's own message names a type of the runtime.</summary>
    private static string? Wrong(ParseError error)
    {
        var (name, type) = error.SymbolResult switch
        {
            OptionResult { Option: var option } => (option.Name, option.ValueType),
            ArgumentResult { Argument: var argument } => (argument.Name, argument.ValueType),
            _ => ("", typeof(string)),
        };
        if (error.SymbolResult is not { Tokens: [.., var word] }) return null;
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type != typeof(int) && type != typeof(double) && type != typeof(bool)) return null;
        return $"{name}: '{word.Value}' is not {(type == typeof(bool) ? "true or false" : type == typeof(int) ? "a whole number" : "a number")}";
    }

    private static string OneLine(string message) =>
        string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
}
