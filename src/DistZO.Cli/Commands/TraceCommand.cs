using System.CommandLine;
using System.Globalization;
using System.Text;
using DistZO.Cli.Terminal;
using DistZO.Devices;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo trace FILE</c>: why a step takes as long as it does, as a table and a picture.</summary>
internal static class TraceCommand
{
    public static Command Create()
    {
        var command = new Command("trace", "draw what a run's streams did when, and tell what its kernels waited for");
        var file = new Argument<string>("FILE") { Description = "what --trace of distzo train or worker wrote" };
        var output = new Option<string?>("--output") { Description = "the picture [FILE with .svg for its ending]", HelpName = "PICTURE.svg|.html" };
        var steps = new Option<string?>("--steps") { Description = "these steps only, such as 3 or 3-12", HelpName = "A-B" };
        var from = new Option<double?>("--from") { Description = "from so many seconds after the trace began", HelpName = "SECONDS" };
        var to = new Option<double?>("--to") { Description = "up to so many seconds after the trace began", HelpName = "SECONDS" };
        var json = new Option<bool>("--json") { Description = "print one line of JSON" };
        command.Arguments.Add(file);
        foreach (var option in new Option[] { output, steps, from, to, json }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var picture = PictureAt(parsed.GetValue(output), path);
            var range = parsed.GetValue(steps) is { } text ? Steps(text) : default((int First, int Last)?);
            var (begin, end) = (parsed.GetValue(from), parsed.GetValue(to));
            if (range is not null && (begin ?? end) is not null)
                throw new BadInputException("--steps and --from or --to are both given; choose the part of the trace by one of them");
            var trace = TraceReader.Read(path);
            var window = range is { } chosen ? TraceWindow.OfSteps(trace, chosen.First, chosen.Last)
                : (begin ?? end) is null ? TraceWindow.All(trace)
                : TraceWindow.OfSeconds(trace, begin ?? 0, end);
            var report = TraceAnalysis.Of(trace, window);
            Write(picture, IsPage(picture) ? TracePicture.Html(trace, report) : TracePicture.Svg(trace, report));
            var results = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                results.WriteLine(TraceResult.Line(trace, report, picture));
                return ExitCodes.Done;
            }

            foreach (var line in TraceTable.Lines(trace, report)) results.WriteLine(line);
            results.WriteLine($"picture: {picture}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static string PictureAt(string? given, string trace)
    {
        var picture = given ?? Path.ChangeExtension(trace, ".svg");
        if (!IsPage(picture) && !HasEnding(picture, ".svg"))
            throw new BadInputException($"--output: '{picture}' ends in neither .svg nor .html; name the picture so");
        if (Path.GetFullPath(picture) == Path.GetFullPath(trace))
            throw new BadInputException($"the picture would replace the trace '{trace}'; give it another name with --output");
        return picture;
    }

    private static bool IsPage(string picture) => HasEnding(picture, ".html") || HasEnding(picture, ".htm");

    private static bool HasEnding(string path, string ending) => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    private static (int First, int Last) Steps(string text)
    {
        var parts = text.Split('-');
        if (parts.Length <= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(parts[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && first <= last)
        {
            return (first, last);
        }

        throw new BadInputException($"--steps: '{text}' is no range of steps; give one such as 3-12, or a single step");
    }

    private static void Write(string path, string text)
    {
        try
        {
            File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(path, e);
        }
    }
}
