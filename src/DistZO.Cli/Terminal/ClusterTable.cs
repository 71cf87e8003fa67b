using System.Globalization;
using DistZO.Coordinator;
using DistZO.Runs;

namespace DistZO.Cli.Terminal;

/// <summary>The workers of a run as a table. Where the terminal is narrow, what matters least goes first.</summary>
internal static class ClusterTable
{
    private const string Gap = "  ";
    private const int Widest = 24;
    private const int NarrowestWords = 12;

    /// <summary>
    /// The lines. With room for fewer workers than there are, those with trouble come first and the last line counts the rest.
    /// </summary>
    /// <param name="workers">All of them.</param>
    /// <param name="grid">The step in flight.</param>
    /// <param name="width">Columns.</param>
    /// <param name="room">The most workers to show; null for all.</param>
    /// <param name="colour">Whether to use colours.</param>
    public static IReadOnlyList<string> Lines(
        IReadOnlyList<WorkerStatus> workers, GridStatus? grid, int width, int? room, bool colour)
    {
        if (workers.Count == 0) return ["no workers yet"];
        var shown = room is { } most && most < workers.Count ? [.. workers.OrderBy(Trouble).Take(most)] : workers;
        var letters = ClusterGrid.LettersOf(workers);
        var columns = Columns(grid).Select(column => column.Measured(shown)).ToList();
        while (columns.Count > 1 && Width(columns) > width) columns.Remove(columns.MinBy(column => column.Keep)!);
        var words = width - Width(columns) - Gap.Length;
        var lines = new List<string> { Line(' ', columns.Select(column => column.Fit(column.Head)), words, "last words", width) };
        foreach (var worker in shown)
        {
            var letter = letters is not null && letters.TryGetValue(worker.Session, out var known) ? known : ' ';
            var line = Line(letter, columns.Select(column => column.Fit(column.Text(worker))), words, worker.LastWords, width);
            lines.Add(Paint(line, worker.State, colour));
        }

        if (shown.Count < workers.Count)
        {
            lines.Add(ClusterWords.Fit(string.Create(CultureInfo.InvariantCulture, $"  and {workers.Count - shown.Count:N0} more"), width));
        }

        return lines;
    }

    /// <summary>In the order in which they stand.</summary>
    private static IEnumerable<Column> Columns(GridStatus? grid) =>
    [
        new(10, "worker", false, worker => worker.Name),
        new(9, "state", false, worker => RunWords.Of(worker.State).Replace('_', ' ') + (worker.IsBackup ? " (backup)" : "")),
        new(2, "place", false, worker => worker.Place is { } p ? $"p{p.PertpRank + 1}/{p.PertpSize} d{p.DpRank + 1}/{p.DpSize}" : ""),
        new(5, "share", true, worker => Share(worker, grid)),
        new(8, "cells/s", true, worker => worker.CellsPerSecond is { } speed ? Quantity.Count(speed) : ""),
        new(6, "lag", true, worker => worker.Lag is { } lag ? Quantity.Count(lag) : ""),
        new(4, "silent", true, worker => Quantity.Time(worker.SilentSeconds)),
        new(3, "memory", true, worker => worker.ResidentBytes is { } bytes ? Quantity.Bytes(bytes) : ""),
    ];

    private static string Share(WorkerStatus worker, GridStatus? grid)
    {
        if (worker.Rows is { } rows) return $"{rows.End - rows.Start} r";
        if (worker.Share is not { } share || grid is null) return "";
        var part = 100.0 * share.Probes * share.Samples / ((double)grid.Probes * grid.Samples);
        return string.Create(CultureInfo.InvariantCulture, $"{part:0.0}%");
    }

    private static string Line(char letter, IEnumerable<string> cells, int words, string last, int width)
    {
        var line = $"{letter} {string.Join(Gap, cells)}";
        if (words >= NarrowestWords) line += Gap + ClusterWords.Fit(last, words);
        return ClusterWords.Fit(line.TrimEnd(), width);
    }

    private static string Paint(string line, WorkerState state, bool colour) => !colour ? line : state switch
    {
        WorkerState.Hung or WorkerState.Quarantined => Ansi.Yellow + line + Ansi.Plain,
        WorkerState.Gone => Ansi.Dim + line + Ansi.Plain,
        _ => line,
    };

    private static int Trouble(WorkerStatus worker) => worker.State switch
    {
        WorkerState.Hung or WorkerState.Quarantined => 0,
        WorkerState.Joining or WorkerState.CatchingUp => 1,
        WorkerState.Gone => 3,
        _ => 2,
    };

    private static int Width(List<Column> columns) => 2 + columns.Sum(column => column.Width) + (Gap.Length * (columns.Count - 1));

    /// <summary>A column.</summary>
    /// <param name="Keep">Which goes first when there is no room: the smallest.</param>
    /// <param name="Head">Its heading.</param>
    /// <param name="IsNumber">Numbers stand at the right.</param>
    /// <param name="Text">What it says of a worker.</param>
    private sealed record Column(int Keep, string Head, bool IsNumber, Func<WorkerStatus, string> Text)
    {
        public int Width { get; private init; }

        public Column Measured(IReadOnlyList<WorkerStatus> shown) =>
            this with { Width = Math.Min(Widest, Math.Max(Head.Length, shown.Max(worker => Text(worker).Length))) };

        public string Fit(string text)
        {
            var fitted = ClusterWords.Fit(text, Width);
            return IsNumber ? fitted.PadLeft(Width) : fitted.PadRight(Width);
        }
    }
}
