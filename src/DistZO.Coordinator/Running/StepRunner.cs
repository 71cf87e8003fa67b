using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// The step in flight: begins it, takes reports in any order, ends it. Whoever computes what (<see cref="ShareDealer"/>), and however often,
/// the record is the same.
/// </summary>
internal sealed class StepRunner
{
    /// <summary>A step whose reports contradict each other begins again so often before the run ends.</summary>
    private const int MostAttempts = 3;

    private readonly RunBook _book;
    private readonly Roster _roster;
    private readonly ShareDealer _dealer;
    private readonly ulong _incarnation;
    private readonly TimeProvider _time;
    private readonly StepTrace _trace;
    private readonly MezoSgd _method;
    private readonly WorkGrid _grid;
    private OpenStep? _open;
    private OpenStep? _last;
    private long _beganAt;
    private long _tokens;
    private double _scoringSeconds;
    private int _attempts;

    /// <param name="book">A run that has begun.</param>
    /// <param name="roster">Who is there.</param>
    /// <param name="incarnation">This start of the coordinator.</param>
    /// <param name="time">Tells who is late.</param>
    /// <param name="trace">Is told what the step in flight is at.</param>
    /// <exception cref="BadInputException">The split is larger than the grid.</exception>
    public StepRunner(RunBook book, Roster roster, ulong incarnation, TimeProvider time, StepTrace trace)
    {
        (_book, _roster, _incarnation, _time, _trace) = (book, roster, incarnation, time, trace);
        _method = new MezoSgd(book.Recipe);
        _grid = WorkGrid.Of(book.Recipe);
        Require(book.Recipe.Get(RecipeKeys.Parallelism), _grid);
        _dealer = new ShareDealer(book, roster, time, trace, _grid);
    }

    /// <summary>Whether a step is in flight.</summary>
    public bool IsOpen => _open is not null;

    /// <summary>Set when two ranks found different numbers for one share, or one a flag that another did not confirm.</summary>
    public bool WantsCheck { get; set; }

    /// <summary>Throws <see cref="BadInputException"/> for an explicit split that is larger than the grid.</summary>
    public static void Require(Parallelism parallelism, WorkGrid grid)
    {
        if (parallelism.Kind != ParallelismKind.Explicit || (parallelism.P <= grid.Probes && parallelism.D <= grid.Samples)) return;
        throw new BadInputException(
            $"parallelism: {parallelism} is larger than a step's work grid of {grid.Probes} probes × {grid.Samples} samples; "
            + "use a smaller one, a larger batch_size, or more num_directions");
    }

    /// <summary>Begins the next step with the ranks that may be given work, of which there must be one. All others get the commit.</summary>
    /// <param name="wantsDigest">Whether all report the digest of their weights.</param>
    public void Begin(bool wantsDigest)
    {
        _trace.Begin(_book.Steps, () => _book.Identity.Digest);
        var ranks = _roster.Eligible.ToList();
        // Another time, all get other shares.
        if (_attempts > 0) ranks = [.. ranks.Skip(_attempts % ranks.Count), .. ranks.Take(_attempts % ranks.Count)];
        _open = new OpenStep(_grid, _incarnation, _book.Steps, _book.Chain);
        (_beganAt, _tokens, _scoringSeconds) = (_time.GetTimestamp(), 0, 0);
        _trace.Assigned(_dealer.Begin(ranks, wantsDigest));
    }

    /// <summary>Takes a report; true if the step is complete now.</summary>
    public bool Take(Session session, ShareDone done)
    {
        var report = done.Report;
        if (session.Assignment is { } assignment && assignment.Step == report.Step && assignment.Share == report.Share) EndShare(session, done);
        if (report.Incarnation == _incarnation && _last?.Step == report.Step)
        {
            // A backup, or the one it was a backup for, came second.
            if (_last.Accept(report) == ReportVerdict.Differs) Differs(session, report);
            return false;
        }

        if (_open is null || session.Quarantine is not null) return false;
        if (report.Incarnation == _incarnation && report.Step == _open.Step && !IsConfirmed(session, report)) return false;
        switch (_open.Accept(report))
        {
            case ReportVerdict.Accepted:
                _trace.Reported();
                Accepted(session, done);
                break;
            case ReportVerdict.Differs:
                Differs(session, report);
                break;
            case ReportVerdict.Malformed:
                // If it was its share, somebody must compute that again.
                if (session.Assignment is null) _dealer.Board.Drop(session);
                _roster.Tell("refused", session, $"its report for {report.Share} of step {report.Step} is impossible and does not count");
                break;
        }

        return _open.IsComplete;
    }

    /// <summary>
    /// Begins the complete step again if its probes do not have equally many terms, as they must: some rank's memory is faulty, and all
    /// weights are to be checked. False if there is nothing wrong, or it goes on after several attempts.
    /// </summary>
    public bool BeginAgain()
    {
        if (_open!.TermsAgree || ++_attempts >= MostAttempts || !_roster.Eligible.Any()) return false;
        WantsCheck = true;
        _roster.Tell("differs", null, $"the workers count different numbers of loss terms in step {_open.Step}; it is computed again, and all weights are checked");
        Begin(wantsDigest: false);
        return true;
    }

    /// <summary>Ends the complete step and gives its record, which is not durable yet.</summary>
    /// <param name="tokens">Of the batch.</param>
    /// <param name="seconds">Since the step began.</param>
    /// <param name="scoringSeconds">All ranks together: what scoring what the model wrote took.</param>
    public StepRecord Commit(out long tokens, out double seconds, out double scoringSeconds)
    {
        _trace.Commit();
        var record = _open!.Commit(_method);
        (tokens, seconds, scoringSeconds) = (_tokens, _roster.SecondsSince(_beganAt), _scoringSeconds);
        (_last, _open, _attempts) = (_open, null, 0);
        // Whoever still computes for this step is overtaken, and rests as soon as it has the commit.
        foreach (var session in _roster.Sessions) session.Assignment = null;
        return record;
    }

    /// <summary>Gives up the step in flight, of which nothing is committed.</summary>
    public void Abandon()
    {
        _trace.Abandon();
        _open = null;
        _dealer.Clear();
        foreach (var session in _roster.Sessions) session.Assignment = null;
    }

    /// <summary>A session has gone, hangs or is not believed: what it computes is for somebody else.</summary>
    public void Drop(Session session)
    {
        session.Assignment = null;
        _dealer.Board.Drop(session);
    }

    /// <summary>Gives what nobody computes, then what is late, to ranks that rest. True if the step is complete now.</summary>
    public bool HandOut()
    {
        if (_open is null) return false;
        _dealer.HandOut();
        return _open.IsComplete;
    }

    /// <summary>The step in flight, for people.</summary>
    public GridStatus? Describe() => _open is null ? null : new GridStatus(
        _open.Step,
        _grid.Probes,
        _grid.Samples,
        _dealer.Shape.P,
        _dealer.Shape.D,
        [
            .. _dealer.Board.Done.Select(done => new GridShare(done.Share, "done", [done.By.Number])),
            .. _dealer.Board.Open.Select(open => new GridShare(
                open.Share,
                open.Flag is not null ? "checking" : open.Runners.Count switch { 0 => "waiting", 1 => "running", _ => "late" },
                [.. open.Runners.Select(runner => runner.Number)])),
        ]);

    private void EndShare(Session session, ShareDone done)
    {
        session.Assignment = null;
        session.Shares++;
        session.ShareSeconds = done.Time.TotalSeconds;
        session.FoldedStep = done.Report.Step;
        var share = done.Report.Share;
        session.Speed.Add(done.Time.TotalSeconds, session.FoldedDirections, ShareDealer.Directions(share), (long)share.Probes * share.Samples);
    }

    private void Accepted(Session session, ShareDone done)
    {
        var report = done.Report;
        _scoringSeconds += done.ScoringTime.TotalSeconds;
        // Tokens of the batch: those of one row of shares along the samples.
        if (report.Share.ProbeStart == 0) _tokens += done.Tokens;
        foreach (var open in _dealer.Board.Touching(report.Share))
        {
            foreach (var late in open.Runners) Lost(late, session);
        }

        _dealer.Board.Close(report.Share, session);
    }

    /// <summary>Another rank was faster with this rank's share. What it shows of its speed is a lower bound.</summary>
    private void Lost(Session late, Session winner)
    {
        if (late == winner || late.Assignment is not { } assignment) return;
        late.Assignment = null;
        var seconds = _roster.SecondsSince(late.GivenAt);
        if (seconds < late.PredictedSeconds) return;
        var share = assignment.Share;
        late.Speed.Add(seconds, late.FoldedDirections, ShareDealer.Directions(share), (long)share.Probes * share.Samples);
    }

    /// <summary>A flag counts once another rank found it too: a flipped bit must not throw a step away.</summary>
    private bool IsConfirmed(Session session, ShareReport report)
    {
        var isFlagged = report.Sums.Any(sum => sum.Flagged);
        // Of a share that has been cut up since: its parts are with others, who may find the same.
        if (_dealer.Board.Find(report.Share) is not { } open) return !isFlagged || _roster.IsAlone(session);
        if (open.Flag is null)
        {
            if (!isFlagged || _roster.IsAlone(session)) return true;
            (open.Flag, open.FlaggedBy) = (report, session);
            open.Runners.Clear();
            _roster.Tell("flag", session, $"a loss of step {report.Step} is not finite; another worker computes it again");
            return false;
        }

        if (open.FlaggedBy == session)
        {
            open.Runners.Remove(session);
            return _roster.IsAlone(session);
        }

        if (!isFlagged)
        {
            WantsCheck = true;
            _roster.Tell("flag", open.FlaggedBy, $"the loss of step {report.Step} that was not finite is, on {session.Name}; its weights are checked");
        }

        return true;
    }

    private void Differs(Session session, ShareReport report)
    {
        WantsCheck = true;
        _roster.Tell(
            "differs", session, $"{report.Share} of step {report.Step} came to other numbers on {session.Name} than before; all weights are checked");
    }
}
