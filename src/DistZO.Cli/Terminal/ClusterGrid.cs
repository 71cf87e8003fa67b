using System.Globalization;
using DistZO.Coordinator;

namespace DistZO.Cli.Terminal;

/// <summary>
/// The work grid of the step in flight in letters, one for each worker as in the table: small while it computes, a capital once done.
/// With more workers than letters the cells say only how far they are.
/// </summary>
internal static class ClusterGrid
{
    private const int MostRows = 8;
    private const int MostColumns = 64;
    private const int Letters = 26;

    /// <summary>The lines; none without a step in flight, or room.</summary>
    public static IReadOnlyList<string> Lines(GridStatus? grid, IReadOnlyList<WorkerStatus> workers, int width)
    {
        var columns = grid is null ? 0 : Math.Min(Math.Min(grid.Samples * 2, MostColumns), width - 2);
        if (grid is null || columns < 8) return [];
        var rows = Math.Min(grid.Probes, MostRows);
        var letters = LettersOf(workers);
        var cells = Enumerable.Range(0, rows).Select(_ => new string(' ', columns).ToCharArray()).ToArray();
        foreach (var share in grid.Shares)
        {
            var mark = Mark(share, letters);
            var area = share.Share;
            for (var row = Scale(area.ProbeStart, grid.Probes, rows); row < Scale(area.ProbeEnd, grid.Probes, rows); row++)
            {
                var (start, end) = (Scale(area.SampleStart, grid.Samples, columns), Scale(area.SampleEnd, grid.Samples, columns));
                for (var column = start; column < end; column++) cells[row][column] = mark;
            }
        }

        var key = letters is null ? "# done, . running, ! late" : "capitals are done, ! is late";
        var title = string.Create(
            CultureInfo.InvariantCulture,
            $"step {grid.Step:N0}: {grid.Probes} probes × {grid.Samples} samples, split {grid.P} × {grid.D} ({key})");
        return [ClusterWords.Fit(title, width), .. cells.Select(row => "  " + new string(row))];
    }

    /// <summary>A letter for each session, in order; null if there are not enough.</summary>
    public static IReadOnlyDictionary<ulong, char>? LettersOf(IReadOnlyList<WorkerStatus> workers)
    {
        var connected = workers.Where(worker => worker.State != WorkerState.Gone).OrderBy(worker => worker.Session).ToList();
        if (connected.Count > Letters) return null;
        return connected.Select((worker, i) => KeyValuePair.Create(worker.Session, (char)('a' + i))).ToDictionary();
    }

    private static char Mark(GridShare share, IReadOnlyDictionary<ulong, char>? letters)
    {
        if (share.State is "late" or "checking") return '!';
        if (share.Sessions.Count == 0 || share.State == "waiting") return '·';
        var done = share.State == "done";
        if (letters is null || !letters.TryGetValue(share.Sessions[0], out var letter)) return done ? '#' : '.';
        return done ? char.ToUpperInvariant(letter) : letter;
    }

    private static int Scale(int at, int from, int to) => (int)((long)at * to / from);
}
