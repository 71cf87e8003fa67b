using System.CommandLine;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary>The flag that has a run write what its streams and kernels do when. It is none of the recipe's keys.</summary>
internal sealed class TraceOption
{
    private readonly Option<string?> _option = new("--trace")
    {
        Description = "write what every stream does when, for Perfetto and distzo trace",
        HelpName = "FILE",
    };

    public TraceOption(Command command) => command.Options.Add(_option);

    /// <summary>Whether a trace is asked for.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_option) is not null;

    /// <summary>Makes the file, which the caller owns; null if none is asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="process">What the process is called in the trace.</param>
    public TraceFile? Open(ParseResult parsed, string process = "distzo") =>
        parsed.GetValue(_option) is { } path ? new TraceFile(path, process) : null;
}
