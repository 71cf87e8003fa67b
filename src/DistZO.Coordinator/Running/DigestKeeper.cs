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
    private readonly List<DigestRound> _rounds = [];
    private readonly List<SuspectSteps> _suspect = [];

    /// <summary>The last step at which all agreed; null if they were not compared yet.</summary>
    public long? AgreedStep { get; private set; }

    /// <summary>The digest there.</summary>
    public UInt128? Digest { get; private set; }

    /// <summary>Whether answers are awaited.</summary>
    public bool IsWaiting => _rounds.Count > 0;

    public DigestStatus Describe() =>
        new(AgreedStep, Digest is { } digest ? WeightsDigest.Text(digest) : null, [.. _suspect]);

    /// <summary>Asks all ranks that may be given work, with the round that they are about to be sent.</summary>
    public void Ask() => _rounds.Add(new DigestRound(book.Steps, book.Chain, roster.Eligible));

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

    /// <summary>A session has gone, or hangs.</summary>
    public IReadOnlyList<Session> Forget(Session session)
    {
        var left = session.Quarantine;
        session.Quarantine = null;
        if (left is not null) Settle(left);
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
        var doubted = round.Digests.Where(entry => entry.Value != round.Truth && roster.Sessions.Contains(entry.Key)).Select(entry => entry.Key).ToList();
        foreach (var session in doubted)
        {
            session.Quarantine = round;
            session.Link.Send(new Refold(AgreedStep ?? 0, round.Step));
            if (round.Truth is not null) Suspect(session, round);
            roster.Tell("quarantined", session, $"its weights at step {round.Step} differ from those of others; it folds them again from the base");
        }

        return doubted;
    }

    private void Refolded(Session session, DigestRound round, UInt128 digest)
    {
        round.Refolded[session] = digest;
        if (round.Truth is { } truth)
        {
            if (digest == truth) Release(session);
            else Refuse(session, round);
            return;
        }

        Settle(round);
    }

    /// <summary>After a tie, once all have folded again: whose digest has changed by that was wrong before.</summary>
    private void Settle(DigestRound round)
    {
        if (round.Truth is not null) return;
        var doubted = roster.Sessions.Where(other => other.Quarantine == round).ToList();
        if (doubted.Count == 0 || !doubted.TrueForAll(round.Refolded.ContainsKey)) return;
        var again = doubted.Select(other => round.Refolded[other]).Distinct().ToList();
        if (again.Count > 1)
        {
            throw new RunFailedException(
                $"the workers {string.Join(", ", doubted.Select(other => other.Name))} disagree on the weights at step {round.Step} even after "
                + "folding them again: the memory or the arithmetic of one of their machines is faulty; start the run again without it");
        }

        round.Truth = again[0];
        foreach (var other in doubted)
        {
            if (round.Digests[other] != again[0]) Suspect(other, round);
            Release(other);
        }

        Agree(round, again[0]);
    }

    private void Agree(DigestRound round, UInt128 digest)
    {
        if (AgreedStep > round.Step) return;
        (AgreedStep, Digest) = (round.Step, digest);
    }

    private void Release(Session session)
    {
        session.Quarantine = null;
        session.IsCatchingUp = book.Steps - session.FoldedStep > Roster.MostPending;
        roster.Tell("refolded", session, "its weights are folded again and are those of the others");
    }

    private void Refuse(Session session, DigestRound round)
    {
        var message = $"the weights of {session.Name} at step {round.Step} differ from those of the others even after folding them again: "
            + "the memory or the arithmetic of its machine is faulty";
        roster.Tell("refused", session, message);
        session.Link.Close(LinkEnd.Refused, message);
    }

    private void Suspect(Session session, DigestRound round)
    {
        var from = AgreedStep ?? book.FirstStep;
        _suspect.Add(new SuspectSteps(from, round.Step, session.Name, $"distzo fork {book.Directory.Ledger} --step {from}"));
    }
}
