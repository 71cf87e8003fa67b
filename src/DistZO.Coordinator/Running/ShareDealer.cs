using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// Gives out the shares of the step in flight: at its beginning by a plan, then what nobody computes, then what is late to a second rank.
/// </summary>
/// <param name="book">A run that has begun.</param>
/// <param name="roster">Who is there.</param>
/// <param name="time">Tells who is late.</param>
/// <param name="trace">Its context goes with the shares.</param>
/// <param name="grid">What is cut into shares.</param>
internal sealed class ShareDealer(RunBook book, Roster roster, TimeProvider time, StepTrace trace, WorkGrid grid)
{
    /// <summary>A share is late once it has taken so many times what was predicted …</summary>
    private const double LateFactor = 2;

    /// <summary>… and this much more, in seconds: a timer's and a network's share of it.</summary>
    private const double LateMargin = 0.2;

    /// <summary>No share that is out can be late before: until then, only one that nobody computes is to be handed out.</summary>
    private long _quietUntil;
    private string _split = "";

    /// <summary>Who computes what.</summary>
    public ShareBoard Board { get; private set; } = new();

    /// <summary>P and D of the step in flight or the last one.</summary>
    public (int P, int D) Shape { get; private set; } = (1, 1);

    /// <summary>Directions of which a share has a probe.</summary>
    public static int Directions(Share share) => ((share.ProbeEnd + 1) / 2) - (share.ProbeStart / 2);

    /// <summary>Shares the next step out. All that get no share get the commit.</summary>
    /// <param name="ranks">Those that may be given work; one at least.</param>
    /// <param name="wantsDigest">Whether all report the digest of their weights.</param>
    /// <returns>How many shares it has.</returns>
    public int Begin(List<Session> ranks, bool wantsDigest)
    {
        (Board, _quietUntil) = (new ShareBoard(), long.MaxValue);
        var plan = Plan(ranks);
        Shape = (plan.P, plan.D);
        var busy = plan.Shares.Count(share => share is not null);
        TellSplit(busy, ranks.Count);
        // Shares first: a rank without one can wait for its commit.
        for (var i = 0; i < ranks.Count; i++)
        {
            if (plan.Shares[i] is not { } planned) continue;
            Give(ranks[i], Board.Add(planned.Share, planned.Place), planned.Seconds, wantsDigest);
        }

        foreach (var session in roster.Sessions)
        {
            if (session.Ready is null || session.Assignment?.Step == book.Steps) continue;
            roster.SendRound(session, null, wantsDigest && session.IsEligible);
        }

        return busy;
    }

    /// <summary>No step is in flight.</summary>
    public void Clear() => Board = new ShareBoard();

    /// <summary>Gives what nobody computes, then what is late, to ranks that rest.</summary>
    public void HandOut()
    {
        if (time.GetTimestamp() < _quietUntil && !HasOrphans()) return;
        var idle = roster.Eligible.Where(session => !session.IsBusy).ToList();
        var orphans = Board.Open.Where(open => open.Runners.Count == 0).ToList();
        if (orphans.Count > 0 && orphans.Count < idle.Count)
        {
            foreach (var orphan in orphans) Board.Split(orphan, idle.Count / orphans.Count);
        }

        foreach (var orphan in Board.Open.Where(open => open.Runners.Count == 0).ToList())
        {
            // Whoever said that it is not finite does not say so twice, unless nobody else is there to ask.
            var index = idle.FindIndex(session => session != orphan.FlaggedBy || roster.IsAlone(session));
            if (index < 0) continue;
            Give(idle[index], orphan, Predict(idle[index], orphan.Share), wantsDigest: false);
            idle.RemoveAt(index);
        }

        if (idle.Count > 0) BackUp(idle);
        _quietUntil = Board.Open.Count == 0
            ? long.MaxValue
            : Board.Open.Min(open => open.Runners.Count == 0 ? long.MaxValue : open.Runners.Min(LateAt));
    }

    private WorkPlan Plan(List<Session> ranks)
    {
        var known = ranks.Where(rank => rank.Speed.IsKnown).Select(rank => rank.Speed.Speed(0).CellSeconds).ToList();
        // Until something is measured, a cell is taken to cost as much as z: on real models they are of the same size.
        var guess = known.Count > 0 ? known.Average() : Math.Max(ranks.Max(rank => rank.Speed.Speed(0).ZSeconds), 1e-6);
        return WorkPlanner.Plan(grid, book.Recipe.Get(RecipeKeys.Parallelism), [.. ranks.Select(rank => rank.Speed.Speed(guess))]);
    }

    private double Predict(Session session, Share share)
    {
        var speed = session.Speed.Speed(session.PredictedSeconds > 0 ? session.PredictedSeconds : 1);
        return speed.Seconds(grid.Probes / 2, share.Probes, Directions(share), share.Samples);
    }

    private void Give(Session session, OpenShare open, double seconds, bool wantsDigest)
    {
        var isBackup = open.Runners.Count > 0;
        open.Runners.Add(session);
        session.Assignment = new Assignment(book.Steps, open.Share, open.Place, isBackup) { TraceParent = trace.TraceParent };
        session.GivenAt = session.ProgressAt = time.GetTimestamp();
        session.PredictedSeconds = seconds;
        _quietUntil = Math.Min(_quietUntil, LateAt(session));
        session.FoldedDirections = (int)Math.Min(RunHistory.MostPending, book.Steps - session.FoldedStep) * (grid.Probes / 2);
        roster.SendRound(session, session.Assignment, wantsDigest);
    }

    /// <summary>Gives the share that is latest to the fastest rank that rests, and so on.</summary>
    private void BackUp(List<Session> idle)
    {
        // At every report: whoever is not late, which is nearly everybody, must cost next to nothing.
        var now = time.GetTimestamp();
        List<(OpenShare Open, double Elapsed)>? late = null;
        foreach (var open in Board.Open)
        {
            if (open.Runners.Count != 1) continue;
            var elapsed = time.GetElapsedTime(open.Runners[0].GivenAt, now).TotalSeconds;
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
            roster.Tell("backup", runner, $"its share of step {book.Steps} is late; {best.Name} computes it too");
        }
    }

    private bool HasOrphans()
    {
        foreach (var open in Board.Open)
        {
            if (open.Runners.Count == 0) return true;
        }

        return false;
    }

    /// <summary>When a runner's share begins to count as late; a little before, so that rounding cannot hide it.</summary>
    private long LateAt(Session runner)
    {
        var seconds = (LateFactor * runner.PredictedSeconds) + LateMargin;
        return seconds < 1e9 ? runner.GivenAt + (long)(seconds * time.TimestampFrequency) - 1 : long.MaxValue;
    }

    private void TellSplit(int busy, int ranks)
    {
        var idle = ranks > busy ? $", {ranks - busy} idle as backups" : "";
        var split = $"the work is split {Shape.P} × {Shape.D} over {busy} of {ranks} workers{idle}";
        if (split == _split) return;
        _split = split;
        roster.Tell("split", null, split);
    }
}
