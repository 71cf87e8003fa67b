using DistZO.Optimization;

namespace DistZO.Coordinator;

/// <summary>What the workers say their weights are at one step. All must say the same: the weights depend on the ledger alone.</summary>
/// <param name="step">The step.</param>
/// <param name="chain">The ledger's chain hash there.</param>
/// <param name="sessions">Who was asked.</param>
internal sealed class DigestRound(long step, ChainHash chain, IEnumerable<Session> sessions)
{
    private readonly HashSet<Session> _awaited = [.. sessions];

    public long Step => step;

    public ChainHash Chain => chain;

    /// <summary>What each said first.</summary>
    public Dictionary<Session, UInt128> Digests { get; } = [];

    /// <summary>What those that folded again said then.</summary>
    public Dictionary<Session, UInt128> Refolded { get; } = [];

    /// <summary>What the weights are; null while it is not known: nobody said, or no digest has more voices than another.</summary>
    public UInt128? Truth { get; set; }

    /// <summary>Whether all have answered that are still there.</summary>
    public bool IsComplete => _awaited.Count == 0;

    /// <summary>Whether a session has not answered.</summary>
    public bool Awaits(Session session) => _awaited.Contains(session);

    /// <summary>Takes an answer; false if it was not asked for.</summary>
    public bool Take(Session session, UInt128 digest)
    {
        if (!_awaited.Remove(session)) return false;
        Digests[session] = digest;
        return true;
    }

    /// <summary>A session has gone, or hangs: it is not waited for.</summary>
    public void Forget(Session session) => _awaited.Remove(session);

    /// <summary>The digest that more workers have than any other; null for a tie.</summary>
    public UInt128? Majority()
    {
        var counts = Digests.Values.GroupBy(digest => digest).OrderByDescending(group => group.Count()).Take(2).ToList();
        if (counts.Count == 0) return null;
        return counts.Count == 1 || counts[0].Count() > counts[1].Count() ? counts[0].Key : null;
    }
}
