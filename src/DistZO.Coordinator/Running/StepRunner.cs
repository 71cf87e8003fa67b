using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// The step in flight: shares it out, takes reports in any order, gives the shares of those that died or are late to others. Whoever
/// computes what, and however often, the record is the same.
/// </summary>
internal sealed class StepRunner
{
    /// <summary>A share is late once it has taken so many times what was predicted …</summary>
    private const double LateFactor = 2;

    /// <summary>… and this much more, in seconds: a timer's and a network's share of it.</summary>
    private const double LateMargin = 0.2;

    /// <summary>A step whose reports contradict each other begins again so often before the run ends.</summary>
    private const int MostAttempts = 3;

    private readonly RunBook _book;
    private readonly Roster _roster;
    private readonly ulong _incarnation;
    private readonly TimeProvider _time;
    private readonly StepTrace _trace;
    private readonly MezoSgd _method;
    private readonly WorkGrid _grid;
    private readonly Parallelism _parallelism;
    private OpenStep? _open;
    private OpenStep? _last;
    private ShareBoard _board = new();
    private long _beganAt;

    /// <summary>No share that is out can be late before: until then, only one that nobody computes is to be handed out.</summary>
    private long _quietUntil;
    private long _tokens;
    private double _scoringSeconds;
    private int _attempts;
    private string _split = "";

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
        _parallelism = book.Recipe.Get(RecipeKeys.Parallelism);
        Require(_parallelism, _grid);
    }

    /// <summary>Whether a step is in flight.</summary>
    public bool IsOpen => _open is not null;

    /// <summary>Set when two ranks found different numbers for one share, or one a flag that another did not confirm.</summary>
    public bool WantsCheck { get; set; }

    /// <summary>P and D of the step in flight or the last one.</summary>
    public (int P, int D) Shape { get; private set; } = (1, 1);

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
        (_board, _beganAt, _tokens, _scoringSeconds, _quietUntil) = (new ShareBoard(), _time.GetTimestamp(), 0, 0, long.MaxValue);
        var plan = Plan(ranks);
        Shape = (plan.P, plan.D);
        TellSplit(plan, ranks.Count);
        // Shares first: a rank without one can wait for its commit.
        for (var i = 0; i < ranks.Count; i++)
        {
            if (plan.Shares[i] is not { } planned) continue;
            Give(ranks[i], _board.Add(planned.Share, planned.Place), planned.Seconds, wantsDigest);
        }

        foreach (var session in _roster.Sessions)
        {
            if (session.Ready is null || session.Assignment?.Step == _book.Steps) continue;
            _roster.SendRound(session, null, wantsDigest && session.IsEligible);
        }

        _trace.Assigned(plan.Shares.Count(share => share is not null));
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
                if (session.Assignment is null) _board.Drop(session);
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
        (_open, _board) = (null, new ShareBoard());
        foreach (var session in _roster.Sessions) session.Assignment = null;
    }

    /// <summary>A session has gone, hangs or is not believed: what it computes is for somebody else.</summary>
    public void Drop(Session session)
    {
        session.Assignment = null;
        _board.Drop(session);
    }

    /// <summary>Gives what nobody computes, then what is late, to ranks that rest. True if the step is complete now.</summary>
    public bool HandOut()
    {
        if (_open is null) return false;
        if (_time.GetTimestamp() < _quietUntil && !HasOrphans()) return _open.IsComplete;
        var idle = _roster.Eligible.Where(session => !session.IsBusy).ToList();
        var orphans = _board.Open.Where(open => open.Runners.Count == 0).ToList();
        if (orphans.Count > 0 && orphans.Count < idle.Count)
        {
            foreach (var orphan in orphans) _board.Split(orphan, idle.Count / orphans.Count);
        }

        foreach (var orphan in _board.Open.Where(open => open.Runners.Count == 0).ToList())
        {
            // Whoever said that it is not finite does not say so twice, unless nobody else is there to ask.
            var index = idle.FindIndex(session => session != orphan.FlaggedBy || IsAlone(session));
            if (index < 0) continue;
            Give(idle[index], orphan, Predict(idle[index], orphan.Share), wantsDigest: false);
            idle.RemoveAt(index);
        }

        if (idle.Count > 0) BackUp(idle);
        _quietUntil = _board.Open.Count == 0
            ? long.MaxValue
            : _board.Open.Min(open => open.Runners.Count == 0 ? long.MaxValue : open.Runners.Min(LateAt));
        return _open.IsComplete;
    }

    /// <summary>The step in flight, for people.</summary>
    public GridStatus? Describe() => _open is null ? null : new GridStatus(
        _open.Step,
        _grid.Probes,
        _grid.Samples,
        Shape.P,
        Shape.D,
        [
            .. _board.Done.Select(done => new GridShare(done.Share, "done", [done.By.Number])),
            .. _board.Open.Select(open => new GridShare(
                open.Share,
                open.Flag is not null ? "checking" : open.Runners.Count switch { 0 => "waiting", 1 => "running", _ => "late" },
                [.. open.Runners.Select(runner => runner.Number)])),
        ]);

    private WorkPlan Plan(List<Session> ranks)
    {
        var known = ranks.Where(rank => rank.Speed.IsKnown).Select(rank => rank.Speed.Speed(0).CellSeconds).ToList();
        // Until something is measured, a cell is taken to cost as much as z: on real models they are of the same size.
        var guess = known.Count > 0 ? known.Average() : Math.Max(ranks.Max(rank => rank.Speed.Speed(0).ZSeconds), 1e-6);
        return WorkPlanner.Plan(_grid, _parallelism, [.. ranks.Select(rank => rank.Speed.Speed(guess))]);
    }

    private double Predict(Session session, Share share)
    {
        var speed = session.Speed.Speed(session.PredictedSeconds > 0 ? session.PredictedSeconds : 1);
        return speed.Seconds(_grid.Probes / 2, share.Probes, Directions(share), share.Samples);
    }

    private void Give(Session session, OpenShare open, double seconds, bool wantsDigest)
    {
        var isBackup = open.Runners.Count > 0;
        open.Runners.Add(session);
        session.Assignment = new Assignment(_open!.Step, open.Share, open.Place, isBackup) { TraceParent = _trace.TraceParent };
        session.GivenAt = session.ProgressAt = _time.GetTimestamp();
        session.PredictedSeconds = seconds;
        _quietUntil = Math.Min(_quietUntil, LateAt(session));
        session.FoldedDirections = (int)Math.Min(RunHistory.MostPending, _book.Steps - session.FoldedStep) * (_grid.Probes / 2);
        _roster.SendRound(session, session.Assignment, wantsDigest);
    }

    private void EndShare(Session session, ShareDone done)
    {
        session.Assignment = null;
        session.Shares++;
        session.ShareSeconds = done.Time.TotalSeconds;
        session.FoldedStep = done.Report.Step;
        var share = done.Report.Share;
        session.Speed.Add(done.Time.TotalSeconds, session.FoldedDirections, Directions(share), (long)share.Probes * share.Samples);
    }

    private void Accepted(Session session, ShareDone done)
    {
        var report = done.Report;
        _scoringSeconds += done.ScoringTime.TotalSeconds;
        // Tokens of the batch: those of one row of shares along the samples.
        if (report.Share.ProbeStart == 0) _tokens += done.Tokens;
        foreach (var open in _board.Touching(report.Share))
        {
            foreach (var late in open.Runners) Lost(late, session);
        }

        _board.Close(report.Share, session);
    }

    /// <summary>Another rank was faster with this rank's share. What it shows of its speed is a lower bound.</summary>
    private void Lost(Session late, Session winner)
    {
        if (late == winner || late.Assignment is not { } assignment) return;
        late.Assignment = null;
        var seconds = _roster.SecondsSince(late.GivenAt);
        if (seconds < late.PredictedSeconds) return;
        var share = assignment.Share;
        late.Speed.Add(seconds, late.FoldedDirections, Directions(share), (long)share.Probes * share.Samples);
    }

    /// <summary>A flag counts once another rank found it too: a flipped bit must not throw a step away.</summary>
    private bool IsConfirmed(Session session, ShareReport report)
    {
        var isFlagged = report.Sums.Any(sum => sum.Flagged);
        // Of a share that has been cut up since: its parts are with others, who may find the same.
        if (_board.Find(report.Share) is not { } open) return !isFlagged || IsAlone(session);
        if (open.Flag is null)
        {
            if (!isFlagged || IsAlone(session)) return true;
            (open.Flag, open.FlaggedBy) = (report, session);
            open.Runners.Clear();
            _roster.Tell("flag", session, $"a loss of step {report.Step} is not finite; another worker computes it again");
            return false;
        }

        if (open.FlaggedBy == session)
        {
            open.Runners.Remove(session);
            return IsAlone(session);
        }

        if (!isFlagged)
        {
            WantsCheck = true;
            _roster.Tell("flag", open.FlaggedBy, $"the loss of step {report.Step} that was not finite is, on {session.Name}; its weights are checked");
        }

        return true;
    }

    private bool IsAlone(Session session) => !_roster.Eligible.Any(other => other != session);

    private void Differs(Session session, ShareReport report)
    {
        WantsCheck = true;
        _roster.Tell(
            "differs", session, $"{report.Share} of step {report.Step} came to other numbers on {session.Name} than before; all weights are checked");
    }

    /// <summary>Gives the share that is latest to the fastest rank that rests, and so on.</summary>
    private void BackUp(List<Session> idle)
    {
        // At every report: whoever is not late, which is nearly everybody, must cost next to nothing.
        var now = _time.GetTimestamp();
        List<(OpenShare Open, double Elapsed)>? late = null;
        foreach (var open in _board.Open)
        {
            if (open.Runners.Count != 1) continue;
            var elapsed = _time.GetElapsedTime(open.Runners[0].GivenAt, now).TotalSeconds;
            if (elapsed > (LateFactor * open.Runners[0].PredictedSeconds) + LateMargin) (late ??= []).Add((open, elapsed));
        }

        if (late is null) return;
        foreach (var (open, elapsed) in late.OrderByDescending(entry => entry.Elapsed - entry.Open.Runners[0].PredictedSeconds))
        {
            if (idle.Count == 0) return;
            var runner = open.Runners[0];
            var best = idle.MinBy(session => Predict(session, open.Share))!;
            // What a late one still needs is not known; as long again as it had is a fair guess.
            if (Predict(best, open.Share) > elapsed) continue;
            idle.Remove(best);
            Give(best, open, Predict(best, open.Share), wantsDigest: false);
            _roster.Tell("backup", runner, $"its share of step {_open!.Step} is late; {best.Name} computes it too");
        }
    }

    private bool HasOrphans()
    {
        foreach (var open in _board.Open)
        {
            if (open.Runners.Count == 0) return true;
        }

        return false;
    }

    /// <summary>When a runner's share begins to count as late; a little before, so that rounding cannot hide it.</summary>
    private long LateAt(Session runner)
    {
        var seconds = (LateFactor * runner.PredictedSeconds) + LateMargin;
        return seconds < 1e9 ? runner.GivenAt + (long)(seconds * _time.TimestampFrequency) - 1 : long.MaxValue;
    }

    private void TellSplit(WorkPlan plan, int ranks)
    {
        var busy = plan.Shares.Count(share => share is not null);
        var idle = ranks > busy ? $", {ranks - busy} idle as backups" : "";
        var split = $"the work is split {plan.P} × {plan.D} over {busy} of {ranks} workers{idle}";
        if (split == _split) return;
        _split = split;
        _roster.Tell("split", null, split);
    }

    private static int Directions(Share share) => ((share.ProbeEnd + 1) / 2) - (share.ProbeStart / 2);
}
