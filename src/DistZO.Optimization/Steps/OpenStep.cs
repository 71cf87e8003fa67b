using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>What became of a report.</summary>
public enum ReportVerdict
{
    /// <summary>Its cells are closed now.</summary>
    Accepted,

    /// <summary>The identical rectangle is in already, with the same numbers: a backup came second.</summary>
    SameAgain,

    /// <summary>The identical rectangle is in already, with other numbers: on CPU ranks one of the two computed wrongly.</summary>
    Differs,

    /// <summary>For another incarnation of the coordinator, another step, or other weights.</summary>
    Stale,

    /// <summary>Some of its cells are closed, but not as this rectangle.</summary>
    Overlaps,

    /// <summary>No rank that works as it should sends this: a rectangle outside the grid, a missing sum, an impossible number.</summary>
    Malformed,
}

/// <summary>
/// The step that is being worked on: takes reports in any order until every cell of the work grid is closed. Sums are integers, so how
/// the grid was cut cannot matter. Pure: no clocks, no sessions, no I/O. Not thread-safe.
/// </summary>
public sealed class OpenStep
{
    /// <summary>More terms in one probe could overflow its sum. A batch that has more is refused before the run starts.</summary>
    public const int MostTerms = 1 << 20;

    // A term is under 2¹⁰ in units of 2⁻³².
    private const long LargestTerm = 1L << 42;

    private readonly WorkGrid _grid;
    private readonly ulong _incarnation;
    private readonly ChainHash _chain;
    private readonly ProbeSum[] _sums;
    private readonly long[] _terms;
    private readonly Dictionary<Share, ShareReport> _reports = [];

    /// <summary>By probe and sample, whether the cell is closed: with a thousand ranks, looking through all reports takes too long.</summary>
    private readonly bool[] _closed;

    /// <param name="grid">The cells to close.</param>
    /// <param name="incarnation">This start of the coordinator.</param>
    /// <param name="step">t.</param>
    /// <param name="chain">The ledger's chain hash at t.</param>
    public OpenStep(WorkGrid grid, ulong incarnation, long step, ChainHash chain)
    {
        _grid = grid;
        _incarnation = incarnation;
        _chain = chain;
        Step = step;
        Remaining = (long)grid.Probes * grid.Samples;
        _sums = new ProbeSum[grid.Probes];
        _terms = new long[grid.Probes];
        _closed = new bool[Remaining];
    }

    public long Step { get; }

    /// <summary>How many cells are still open.</summary>
    public long Remaining { get; private set; }

    public bool IsComplete => Remaining == 0;

    /// <summary>Whether all probes have as many terms. All see the same batch: if they do not, some rank counted wrongly.</summary>
    public bool TermsAgree => !_terms.AsSpan().ContainsAnyExcept(_terms[0]);

    /// <summary>Whether no cell of a share is closed yet.</summary>
    public bool IsOpen(Share share)
    {
        if (!_grid.Contains(share)) return false;
        for (var probe = share.ProbeStart; probe < share.ProbeEnd; probe++)
        {
            if (Cells(share, probe).Contains(true)) return false;
        }

        return true;
    }

    /// <summary>Adds a report if it is about this step and its cells are open. A refused one changes nothing.</summary>
    public ReportVerdict Accept(ShareReport report)
    {
        if (report.Incarnation != _incarnation || report.Step != Step || report.Chain != _chain) return ReportVerdict.Stale;
        var share = report.Share;
        if (!_grid.Contains(share) || report.Sums.Count != share.Probes || !IsPossible(report)) return ReportVerdict.Malformed;
        if (_reports.TryGetValue(share, out var earlier)) return earlier.Agrees(report) ? ReportVerdict.SameAgain : ReportVerdict.Differs;
        if (!IsOpen(share)) return ReportVerdict.Overlaps;

        for (var i = 0; i < share.Probes; i++)
        {
            ref var sum = ref _sums[share.ProbeStart + i];
            var flagged = sum.Flagged || report.Sums[i].Flagged;
            sum = new ProbeSum(flagged ? 0 : sum.Sum + report.Sums[i].Sum, flagged);
            _terms[share.ProbeStart + i] += report.Terms;
            Cells(share, share.ProbeStart + i).Fill(true);
        }

        Remaining -= (long)share.Probes * share.Samples;
        _reports.Add(share, report);
        return ReportVerdict.Accepted;
    }

    /// <summary>The record of the complete step.</summary>
    /// <exception cref="RunFailedException">The probes do not have equally many terms, so the ranks do not see the same data.</exception>
    public StepRecord Commit(MezoSgd method)
    {
        if (!IsComplete) throw new InvalidOperationException($"{Remaining} cells of step {Step} are open");
        if (!TermsAgree)
        {
            throw new RunFailedException(
                $"step {Step}: the probes have from {_terms.Min()} to {_terms.Max()} loss terms, but all see the same batch; "
                + "do all workers read the same data?");
        }

        return method.Commit(Step, _sums, (int)_terms[0]);
    }

    private Span<bool> Cells(Share share, int probe) => _closed.AsSpan((probe * _grid.Samples) + share.SampleStart, share.Samples);

    private bool IsPossible(ShareReport report)
    {
        if (report.Terms is < 0 or > MostTerms) return false;
        var bound = report.Terms * LargestTerm;
        for (var i = 0; i < report.Sums.Count; i++)
        {
            var (sum, flagged) = report.Sums[i];
            if (!flagged && (sum > bound || sum < -bound)) return false;
            if (_terms[report.Share.ProbeStart + i] + report.Terms > MostTerms) return false;
        }

        return true;
    }
}
