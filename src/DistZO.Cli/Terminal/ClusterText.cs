using System.Globalization;
using DistZO.Coordinator;
using DistZO.Runs;

namespace DistZO.Cli.Terminal;

/// <summary>A run on many machines as text: what <c>distzo status</c> prints. Pure: the same picture gives the same lines.</summary>
internal static class ClusterText
{
    private const int MostEvents = 6;
    private const int FewestWorkers = 3;

    /// <summary>The lines, each at most <paramref name="width"/> columns, colours not counted.</summary>
    /// <param name="status">The run.</param>
    /// <param name="workers">Its workers.</param>
    /// <param name="events">What happened of late, oldest first.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Lines, as far as possible; null for as many as there are.</param>
    /// <param name="colour">Whether to use colours.</param>
    public static IReadOnlyList<string> Lines(
        RunStatus status, IReadOnlyList<WorkerStatus> workers, IReadOnlyList<RunEvent> events, int width, int? height, bool colour)
    {
        List<string> head =
        [
            .. Title(status, width, colour),
            Progress(status, width, colour),
            .. Facts(status).SelectMany(parts => ClusterWords.Wrap(parts, "  ", width)),
            .. status.Digests.Suspect.SelectMany(suspect => Suspect(suspect, width, colour)),
        ];
        var grid = ClusterGrid.Lines(status.Grid, workers, width);
        if (grid.Count > 0) head.AddRange(["", .. grid]);
        List<string> tail = events.Count > 0 ? ["", .. events.TakeLast(MostEvents).Select(happened => Event(happened, width))] : [];
        int? room = height is { } lines ? Math.Max(FewestWorkers, lines - head.Count - tail.Count - 3) : null;
        var table = ClusterTable.Lines(workers, status.Grid, width, room, colour);
        return [.. head, "", .. table, .. tail];
    }

    // The message stands behind the rest if there is room, else below it.
    private static IEnumerable<string> Title(RunStatus status, int width, bool colour)
    {
        var state = RunWords.Of(status.State);
        var run = status.Run is { Length: >= 8 } hash ? $"run {hash[..8]}" : "";
        var lines = ClusterWords.Wrap([$"{state}  {status.Model ?? ""}", run, status.Message], "  ", width);
        var shown = Math.Min(state.Length, lines[0].Length);
        var paint = status.State is RunState.Failed or RunState.Waiting or RunState.Paused ? Ansi.Yellow : Ansi.Cyan;
        return colour ? [paint + lines[0][..shown] + Ansi.Plain + lines[0][shown..], .. lines.Skip(1)] : lines;
    }

    private static string Progress(RunStatus status, int width, bool colour)
    {
        var share = status.MaxSteps > 0 ? (double)status.Step / status.MaxSteps : 1;
        var percent = string.Create(CultureInfo.InvariantCulture, $"{(int)(share * 100),3}%");
        var text = string.Create(CultureInfo.InvariantCulture, $"  step {status.Step:N0} of {status.MaxSteps:N0}");
        if (status.SkippedSteps > 0) text += string.Create(CultureInfo.InvariantCulture, $", {status.SkippedSteps:N0} skipped");
        if (status.RemainingSeconds is { } left && status.State is not RunState.Finished) text += $"  {Quantity.Time(left)} left";
        text += $"  {Quantity.Time(status.ElapsedSeconds)} so far";
        var bar = Math.Min(30, width - percent.Length - 1 - text.Length);
        return bar >= 6 ? $"{percent} {Bar.Of(share, bar, colour)}{text}" : ClusterWords.Fit(percent + text, width);
    }

    private static IEnumerable<List<string>> Facts(RunStatus status)
    {
        var parts = new List<string> { $"loss {ClusterWords.Value(status.SmoothedLoss)} smoothed, {ClusterWords.Value(status.Loss)} last" };
        if (status.Best is { Metrics.Count: > 0 } best)
        {
            var (name, value) = best.Metrics.First();
            parts.Add($"best {name} {ClusterWords.Value(value)} at {best.Step}");
        }

        if (status.LearningRate is { } rate) parts.Add($"lr {Quantity.Small(rate)}");
        if (status.StepSeconds is { } seconds) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{seconds:G3} s a step"));
        if (status.TokensPerSecond is { } speed) parts.Add($"{Quantity.Count(speed)} tok/s");
        if (status.ScoringSeconds is { } scoring) parts.Add($"scoring {ReportText.Seconds(scoring)}");
        yield return parts;
        var wire = status.Wire;
        var perStep = wire.BytesUpPerStep + wire.BytesDownPerStep;
        if (perStep > 0)
        {
            List<string> traffic = [$"wire {Quantity.Bytes((long)perStep)} a step and worker"];
            if (wire.WeightsBytes is { } model)
            {
                var ratio = string.Create(CultureInfo.InvariantCulture, $"1 : {model / perStep:N0}");
                traffic.Add($"{ratio} of the model's {Quantity.Bytes(model)}");
            }

            traffic.Add($"{Quantity.Bytes(wire.BytesUp + wire.BytesDown)} in all");
            yield return traffic;
        }

        if (status.Digests.AgreedStep is { } agreed) yield return [$"weights agreed at step {agreed}", status.Digests.Digest ?? ""];
    }

    // The command is there to be copied: it is broken, never cut.
    private static IEnumerable<string> Suspect(SuspectSteps suspect, int width, bool colour)
    {
        var text = $"steps {suspect.From} to {suspect.To - 1} may hold losses of wrong weights of {suspect.Worker}; go back with:";
        var command = ClusterWords.Fit(suspect.Command, int.MaxValue);
        return command.Chunk(Math.Max(1, width)).Select(part => new string(part)).Prepend(ClusterWords.Fit(text, width))
            .Select(line => colour ? Ansi.Yellow + line + Ansi.Plain : line);
    }

    private static string Event(RunEvent happened, int width)
    {
        var about = happened.Worker is { Length: > 0 } name && !happened.Message.Contains(name, StringComparison.Ordinal) ? name + ": "
            : happened.Kind == "evaluation" && !happened.Message.Contains(happened.Kind, StringComparison.Ordinal) ? "evaluation: " : "";
        return ClusterWords.Fit(string.Create(CultureInfo.InvariantCulture, $"{happened.Step,8}  {about}{happened.Message}"), width);
    }
}
