using System.CommandLine;
using DistZO.Optimization;

namespace DistZO.Cli.Commands;

/// <summary>What is wrong with a command line, in one line that says how to put it right.</summary>
internal static class UsageProblem
{
    /// <summary>The first problem; null if there is none.</summary>
    public static string? Of(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0) return null;
        var command = parsed.CommandResult.Command;
        var help = command is RootCommand ? "distzo --help" : $"distzo {command.Name} --help";
        if (parsed.UnmatchedTokens.FirstOrDefault() is not { } unknown)
        {
            return command is RootCommand
                ? $"give a command: {string.Join(", ", command.Subcommands.Select(c => c.Name))} (see {help})"
                : $"{OneLine(parsed.Errors[0].Message)} (see {help})";
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

    private static string OneLine(string message) =>
        string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.');
}
