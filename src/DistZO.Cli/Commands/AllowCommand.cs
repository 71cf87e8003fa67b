using System.CommandLine;

namespace DistZO.Cli.Commands;

/// <summary>The flag with which a user lets a recipe's objective run a program on this machine. It is none of the recipe's keys.</summary>
internal sealed class AllowCommand
{
    public const string Flag = "--allow-command";

    private readonly Option<bool> _option = new(Flag) { Description = "let the recipe's objective run its program on this machine" };

    public AllowCommand(Command command) => command.Options.Add(_option);

    /// <summary>Whether it was given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_option);
}
