namespace DistZO.Optimization;

/// <summary>What one rank found out about one share.</summary>
/// <param name="Incarnation">The start of the coordinator that gave the share out; random, so an old one's reports cannot pass.</param>
/// <param name="Session">Who reports. It matters to those who watch over sessions, not to the sums.</param>
/// <param name="Step">t.</param>
/// <param name="Chain">The ledger's chain hash at t: the weights that were evaluated.</param>
/// <param name="Share">The rectangle that was evaluated.</param>
/// <param name="Sums">For each probe of the share, in order: its terms over the share's samples, summed.</param>
/// <param name="Terms">Loss terms of one probe over the share's samples.</param>
public sealed record ShareReport(
    ulong Incarnation, ulong Session, long Step, ChainHash Chain, Share Share, IReadOnlyList<ProbeSum> Sums, int Terms)
{
    /// <summary>True if both are about the same rectangle at the same weights and found the same, whoever they are.</summary>
    public bool Agrees(ShareReport other) =>
        Step == other.Step && Chain == other.Chain && Share == other.Share && Terms == other.Terms && Sums.SequenceEqual(other.Sums);
}
