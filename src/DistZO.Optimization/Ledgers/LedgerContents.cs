using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>A ledger that was read to its end.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Header">Which run it is.</param>
/// <param name="Records">The committed steps, in order from 0.</param>
/// <param name="Chains">The chain hash at every step: one more than records.</param>
/// <param name="Length">The bytes up to the end of the last good record.</param>
/// <param name="TornBytes">Bytes behind them that a crash tore off in mid-write.</param>
public sealed record LedgerContents(
    string Path, LedgerHeader Header, IReadOnlyList<StepRecord> Records, IReadOnlyList<ChainHash> Chains, long Length, long TornBytes)
{
    /// <summary>How many steps are committed.</summary>
    public long Steps => Records.Count;

    /// <summary>The last chain hash.</summary>
    public ChainHash Chain => Chains[^1];

    /// <summary>Whether weights that claim to be at a step of a run are on this ledger's way.</summary>
    public bool IsPrefix(long step, ChainHash chain) => step >= 0 && step < Chains.Count && Chains[(int)step] == chain;

    /// <summary>The chain hash at a step. Throws <see cref="BadInputException"/>, naming <c>--step</c>, if the ledger does not reach it.</summary>
    public ChainHash ChainAt(long step)
    {
        if (step >= 0 && step <= Steps) return Chains[(int)step];
        throw new BadInputException($"--step {step}: {Path} holds the steps 0 to {Steps}");
    }

    /// <summary>What a fork at <paramref name="step"/> has to name as its parent.</summary>
    public ParentRun ParentAt(long step) => new(Header.Identity.Digest, step, ChainAt(step));

    /// <summary>One line for people if a torn tail was found; null if the end is clean.</summary>
    public string? TornNotice => TornBytes == 0
        ? null
        : $"{Path}: the last {TornBytes} bytes are a record of step {Steps} that a crash tore off; nothing committed is lost";
}
