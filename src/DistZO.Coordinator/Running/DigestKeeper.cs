using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// Compares the weights of all ranks now and then, names the ones that differ, and lets them fold again from the base. Memory does rot
/// silently; a rank whose weights are wrong reports wrong losses with a straight face.
/// </summary>
internal sealed class DigestKeeper(RunBook book, Roster roster)
{
    private const int MostLeft = 1000;

    private readonly List<DigestRound> _rounds = [];
    private readonly List<SuspectSteps> _suspect = [];

    /// <summary>Those that left while their weights were doubted, by worker: they are no better when they come back.</summary>
    private readonly Dictionary<string, (Session Session, DigestRound Round)> _left = [];

    /// <summary>The last step at which all agreed; null if they were not compared yet.</summary>
    public long? AgreedStep { get; private set; }

    /// <summary>The digest there.</summary>
    public UInt128? Digest { get; private set; }

    /// <summary>Whether answers are awaited.</summary>
    public bool IsWaiting => _rounds.Count > 0;

    public DigestStatus Describe() =>
        new(AgreedStep, Digest is { } digest ? WeightsDigest.Text(digest) : null, [.. _suspect]);

    /// <summary>Asks all ranks that may be given work, with the round that they are about to be sent.</summary>
    public void Ask()
    {
        _rounds.Add(new DigestRound(book.Steps, book.Chain, roster.Eligible));
        foreach (var session in roster.Eligible) roster.Began(session);
    }

    /// <summary>Takes an answer.</summary>
    /// <returns>The sessions that are quarantined from now on.</returns>
    public IReadOnlyList<Session> Take(Session session, DigestDone done)
    {
        if (session.Quarantine is { } quarantine && done.Step == quarantine.Step && done.Chain == quarantine.Chain)
        {
            Refolded(session, quarantine, done.Digest);
            return [];
        }

        var round = _rounds.Find(open => open.Step == done.Step && open.Chain == done.Chain);
        return round is not null && round.Take(session, done.Digest) ? Judge(round) : [];
    }

    /// <summary>Whether something is awaited of a session: a digest, or that it folds again.</summary>
    public bool Awaits(Session session) => session.Quarantine is not null || _rounds.Exists(round => round.Awaits(session));

    /// <summary>A session has gone.</summary>
    public IReadOnlyList<Session> Forget(Session session)
    {
        if (session.Quarantine is { } round)
        {
            session.Quarantine = null;
            if (session.WorkerId.Length > 0 && _left.Count < MostLeft) _left[session.WorkerId] = (session, round);
            Settle(round);
            Conclude(round);
        }

        return Overlook(session);
    }

    /// <summary>A worker is back. If its weights were doubted when it left, they are still.</summary>
    public void Returned(Session session)
    {
        if (!_left.Remove(session.WorkerId, out var left)) return;
        left.Round.Digests[session] = left.Round.Digests[left.Session];
        Doubt(session, left.Round);
    }

    /// <summary>A session hangs: nothing is awaited of it, but it is not believed either before it has folded again.</summary>
    public IReadOnlyList<Session> Overlook(Session session)
    {
        if (session.Quarantine is { } doubted) Settle(doubted);
        List<Session> quarantined = [];
        foreach (var round in _rounds.ToList())
        {
            round.Forget(session);
            quarantined.AddRange(Judge(round));
        }

        return quarantined;
    }

    private List<Session> Judge(DigestRound round)
    {
        if (!round.IsComplete || round.Truth is not null) return [];
        _rounds.Remove(round);
        if (round.Digests.Count == 0) return [];
        var distinct = round.Digests.Values.Distinct().Count();
        if (distinct == 1)
        {
            // One rank alone agrees with nobody.
            if (round.Digests.Count > 1) Agree(round, round.Digests.Values.First());
            return [];
        }

        round.Truth = round.Majority();
        if (round.Truth is not null) Suspect(round);
        // One that is in quarantine already stays in that one, where others may wait for it; it folds again all the same.
        var doubted = round.Digests.Where(entry => entry.Value != round.Truth).Select(entry => entry.Key)
            .Where(session => session.Quarantine is null && roster.Sessions.Contains(session)).ToList();
        foreach (var session in doubted) Doubt(session, round);
        Conclude(round);
        return doubted;
    }

    private void Doubt(Session session, DigestRound round)
    {
        session.Quarantine = round;
        roster.Began(session);
        // Its own snapshots are no better than it was when it was last compared, whatever others agreed on since.
        session.Link.Send(new Refold(session.AgreedStep, round.Step));
        roster.Tell("quarantined", session, $"its weights at step {round.Step} differ from those of others; it folds them again from the base");
    }

    private void Refolded(Session session, DigestRound round, UInt128 digest)
    {
        round.Refolded[session] = digest;
        if (round.Truth is { } truth)
        {
            if (digest == truth) Release(session);
            else Refuse(session, round);
            Conclude(round);
            return;
        }

        Settle(round);
    }

    /// <summary>After a tie, once all have folded again: whose digest has changed by that was wrong before.</summary>
    private void Settle(DigestRound round)
    {
        if (round.Truth is not null) return;
        var awaited = roster.Sessions.Where(other => other.Quarantine == round && !other.IsHung);
        if (awaited.Any(other => !round.Refolded.ContainsKey(other))) return;
        var doubted = roster.Sessions.Where(other => other.Quarantine == round && round.Refolded.ContainsKey(other)).ToList();
        var again = doubted.Select(other => round.Refolded[other]).Distinct().ToList();
        if (again.Count == 0) return;
        if (again.Count > 1)
        {
            throw new RunFailedException(
                $"the workers {string.Join(", ", doubted.Select(other => other.Name))} disagree on the weights at step {round.Step} even after "
                + "folding them again: the memory or the arithmetic of one of their machines is faulty; start the run again without it");
        }

        round.Truth = again[0];
        Suspect(round);
        foreach (var other in doubted) Release(other);
        Conclude(round);
    }

    /// <summary>Once nobody folds again any more, all agree on what has turned out to be the truth.</summary>
    private void Conclude(DigestRound round)
    {
        if (round.Truth is { } truth && !roster.Sessions.Any(session => session.Quarantine == round)) Agree(round, truth);
    }

    private void Agree(DigestRound round, UInt128 digest)
    {
        foreach (var (session, own) in round.Digests.Concat(round.Refolded))
        {
            if (own == digest) session.AgreedStep = Math.Max(session.AgreedStep, round.Step);
        }

        if (AgreedStep > round.Step) return;
        (AgreedStep, Digest) = (round.Step, digest);
    }

    private void Release(Session session)
    {
        session.Quarantine = null;
        session.IsCatchingUp = book.Steps - session.FoldedStep > RunHistory.MostPending;
        roster.Tell("refolded", session, "its weights are folded again and are those of the others");
    }

    private void Refuse(Session session, DigestRound round)
    {
        var message = $"the weights of {session.Name} at step {round.Step} differ from those of the others even after folding them again: "
            + "the memory or the arithmetic of its machine is faulty";
        roster.Tell("refused", session, message);
        session.Link.Close(LinkEnd.Refused, message);
    }

    /// <summary>What those computed that differed, whether or not they are still there, is suspect since all last agreed.</summary>
    private void Suspect(DigestRound round)
    {
        var from = AgreedStep ?? book.FirstStep;
        foreach (var (session, _) in round.Digests.Where(entry => entry.Value != round.Truth))
            _suspect.Add(new SuspectSteps(from, round.Step, session.Name, $"distzo fork {book.Directory.Ledger} --step {from}"));
    }
}
