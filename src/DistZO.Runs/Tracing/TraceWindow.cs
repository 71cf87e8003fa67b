using System.Globalization;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>A part of a trace; times are nanoseconds of its clock.</summary>
/// <param name="Begin">Where it begins.</param>
/// <param name="End">Where it ends, after <paramref name="Begin"/>.</param>
/// <param name="Words">For people: which part.</param>
public sealed record TraceWindow(long Begin, long End, string Words)
{
    public long Nanoseconds => End - Begin;

    /// <summary>Whether any of a span is in it.</summary>
    public bool Meets(TraceSpan span) => span.Begin < End && span.End > Begin;

    /// <summary>All of it.</summary>
    public static TraceWindow All(TraceContents trace)
    {
        var words = trace.Steps switch
        {
            [] => "all of it",
            [var only] => Text($"step {only.Step}"),
            [var first, .., var last] => Text($"steps {first.Step} to {last.Step}"),
        };
        return new TraceWindow(trace.Begin, Math.Max(trace.End, trace.Begin + 1), words);
    }

    /// <summary>From the beginning of a step to the end of another.</summary>
    /// <exception cref="BadInputException">The trace does not have them.</exception>
    public static TraceWindow OfSteps(TraceContents trace, int first, int last)
    {
        if (trace.Steps.Count == 0)
            throw new BadInputException($"'{trace.Path}' has no marks of steps; choose a part of it with --from and --to");
        var steps = trace.Steps.Where(step => step.Step >= first && step.Step <= last).ToList();
        if (steps.Count == 0 || steps[0].Step != first || steps[^1].Step != last)
        {
            throw new BadInputException(Text(
                $"'{trace.Path}' holds the steps {trace.Steps[0].Step} to {trace.Steps[^1].Step}; {first} to {last} are not among them"));
        }

        return Of(trace, steps[0].Begin, steps[^1].End, first == last ? Text($"step {first}") : Text($"steps {first} to {last}"));
    }

    /// <summary>From one moment to another, in seconds since the trace began.</summary>
    /// <exception cref="BadInputException">Nothing of the trace is there.</exception>
    public static TraceWindow OfSeconds(TraceContents trace, double from, double? to)
    {
        var length = (trace.End - trace.Begin) / 1e9;
        var until = Math.Min(to ?? length, length);
        if (!(from >= 0 && from < until))
        {
            throw new BadInputException(Text(
                $"'{trace.Path}' is {length:0.###} s long; --from must be before --to, and both within it"));
        }

        return Of(trace, trace.Begin + (long)(from * 1e9), trace.Begin + (long)(until * 1e9), Text($"{from:0.###} s to {until:0.###} s"));
    }

    private static TraceWindow Of(TraceContents trace, long begin, long end, string words) =>
        end > begin
            ? new TraceWindow(begin, end, words)
            : throw new BadInputException($"'{trace.Path}': {words} take no time; choose a longer part");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
