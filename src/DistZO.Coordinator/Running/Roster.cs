using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>The workers that are there, and what they know of the ledger.</summary>
internal sealed class Roster(RunBook book, EventLog events, TimeProvider time)
{
    private const int RecordsPerMessage = 1000;
    private const int LongestMessage = 1000;

    private readonly List<Session> _sessions = [];
    private ulong _lastSession;
    private ReadOnlyMemory<byte> _lastPayload;
    private long _lastPayloadStep = -1;

    /// <summary>Connected workers, in order of their sessions.</summary>
    public IReadOnlyList<Session> Sessions => _sessions;

    /// <summary>Grows with every change of membership.</summary>
    public long Generation { get; private set; }

    /// <summary>Those that may be given work.</summary>
    public IEnumerable<Session> Eligible => _sessions.Where(session => session.IsEligible);

    /// <summary>Whether nobody else may be given work.</summary>
    public bool IsAlone(Session session) => !Eligible.Any(other => other != session);

    public Session Add(IWorkerLink link)
    {
        var session = new Session(++_lastSession, link, time.GetTimestamp(), time.GetUtcNow());
        _sessions.Add(session);
        return session;
    }

    /// <summary>False if it had gone before.</summary>
    public bool Remove(Session session)
    {
        session.IsConnected = false;
        return _sessions.Remove(session);
    }

    /// <summary>Membership has changed.</summary>
    public void Changed() => Generation++;

    public double SecondsSince(long timestamp) => time.GetElapsedTime(timestamp).TotalSeconds;

    /// <summary>A session is given something to do: from now on it must get on.</summary>
    public void Began(Session session) => session.ProgressAt = time.GetTimestamp();

    /// <summary>Something happened that people want to know of.</summary>
    public void Tell(string kind, Session? session, string message)
    {
        // Some of it may be a worker's own words.
        message = PrintableText.Of(message, LongestMessage);
        if (session is not null) session.LastWords = message;
        events.Add(book.HasBegun ? book.Steps : 0, kind, session?.Name, message);
    }

    /// <summary>Sends the records that a session lacks, the last one together with what it shall do next.</summary>
    public void SendRound(Session session, Assignment? assignment, bool wantsDigest)
    {
        SendRecords(session, book.Steps - 1);
        var commit = ReadOnlyMemory<byte>.Empty;
        if (session.KnownSteps < book.Steps) commit = Payload(session.KnownSteps++);
        if (commit.Length > 0 || assignment is not null || wantsDigest) session.Link.Send(new Round(commit, assignment, wantsDigest));
    }

    /// <summary>Sends the records that a session lacks up to a step.</summary>
    public void SendRecords(Session session, long end)
    {
        while (session.KnownSteps < end)
        {
            var count = (int)Math.Min(RecordsPerMessage, end - session.KnownSteps);
            var first = session.KnownSteps;
            session.Link.Send(new Records(first, [.. Enumerable.Range(0, count).Select(i => book.Payload(first + i))]));
            session.KnownSteps += count;
        }
    }

    private ReadOnlyMemory<byte> Payload(long step)
    {
        // All sessions get the newest one at about the same time.
        if (step != _lastPayloadStep) (_lastPayloadStep, _lastPayload) = (step, book.Payload(step));
        return _lastPayload;
    }
}
