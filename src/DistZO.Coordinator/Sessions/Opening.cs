namespace DistZO.Coordinator;

/// <summary>Limits for sessions that are no workers yet: whoever connects costs memory, and the end of a run waits for all who are there.</summary>
internal static class Opening
{
    /// <summary>Sessions at a time that have not opened model and data.</summary>
    public const int Most = 1024;

    /// <summary>A worker introduces itself at once.</summary>
    public static readonly TimeSpan FirstWords = TimeSpan.FromSeconds(30);

    /// <summary>Enough to read and check hundreds of gigabytes from a slow disk.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    /// <summary>Whether so many are opening that one more must come later.</summary>
    public static bool IsFull(IEnumerable<Session> sessions) => sessions.Count(session => session.Ready is null) >= Most;

    /// <summary>Why a session has had its time; null while it may go on.</summary>
    public static string? Overdue(Session session, TimeProvider time)
    {
        if (session.Ready is not null) return null;
        var age = time.GetElapsedTime(session.Since);
        if (!session.IsGreeted) return age > FirstWords ? "it said nothing at first" : null;
        return age > Longest ? $"it did not open its model and data in {Longest.TotalHours} hours" : null;
    }
}
