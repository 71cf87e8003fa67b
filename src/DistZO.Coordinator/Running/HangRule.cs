namespace DistZO.Coordinator;

/// <summary>
/// Tells a worker that hangs from one that is slow. One that rests shows that it lives by its heartbeats; one that computes must get on:
/// no progress for three times the predicted time counts as hung.
/// </summary>
internal sealed class HangRule(EngineOptions options, Roster roster, DigestKeeper digests)
{
    private const double Factor = 3;

    /// <summary>No progress for so long counts as hung, whatever was predicted.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);

    /// <summary>Before a session's first report: code is compiled, and nobody knows how long its share should take.</summary>
    public static readonly TimeSpan First = TimeSpan.FromMinutes(10);

    /// <summary>Whether a session hangs now.</summary>
    public bool IsHanging(Session session)
    {
        var shortest = Math.Max(Shortest.TotalSeconds, Factor * options.HeartbeatInterval.TotalSeconds);
        var silent = roster.SecondsSince(session.HeardAt);
        if (session.Ready is null) return silent > Math.Max(shortest, First.TotalSeconds);
        if (!session.IsBusy && silent > shortest) return true;
        var (isBusy, predicted) = session switch
        {
            { Assignment: not null } => (true, session.Shares > 0 ? session.PredictedSeconds : null as double?),
            { Rows: { } rows } => (true, session.RowSeconds * rows.Count),
            // The base is read again, or all weights are gone through: nobody knows how long that takes.
            _ => (digests.Awaits(session), null),
        };
        var patience = predicted is { } known ? Math.Max(shortest, Factor * known) : First.TotalSeconds;
        return isBusy && roster.SecondsSince(session.ProgressAt) > patience;
    }

    /// <summary>Where a session that hangs stands, if it is stuck over its work; null if it is only silent.</summary>
    public long? StuckAt(Session session) => session.IsBusy || digests.Awaits(session) ? session.Progress : null;
}
