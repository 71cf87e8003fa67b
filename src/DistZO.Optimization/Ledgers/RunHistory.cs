using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// What a device needs of a run's committed steps to hold its weights: the updates, and the chain hash at every step, in memory.
/// Not thread-safe.
/// </summary>
public sealed class RunHistory
{
    /// <summary>Commits that may be pending on weights: a pass folds so many itself, and a rank without a share folds at the latest then.</summary>
    public const int MostPending = 32;

    private readonly List<ChainHash> _chains;

    /// <summary>A run without a step.</summary>
    /// <param name="start">chain₀, from the identity.</param>
    public RunHistory(ChainHash start) => _chains = [start];

    /// <summary>The steps of a ledger.</summary>
    public RunHistory(LedgerContents ledger)
    {
        _chains = [.. ledger.Chains];
        foreach (var record in ledger.Records) Updates.Append(record.ToUpdate());
    }

    /// <summary>How many steps are committed.</summary>
    public int Steps => Updates.Count;

    /// <summary>The chain hash now.</summary>
    public ChainHash Chain => _chains[^1];

    public UpdateHistory Updates { get; } = new();

    /// <summary>The chain hash at a step from 0 to <see cref="Steps"/>.</summary>
    public ChainHash ChainAt(int step) => _chains[step];

    /// <summary>Whether weights that claim to be at a step of a run are on this history's way.</summary>
    public bool IsPrefix(long step, ChainHash chain) => step >= 0 && step < _chains.Count && _chains[(int)step] == chain;

    /// <summary>Forgets all steps.</summary>
    public void Reset()
    {
        _chains.RemoveRange(1, _chains.Count - 1);
        Updates.Clear();
    }

    /// <summary>Appends a committed step, given as the ledger has it (<see cref="RecordCodec"/>); returns the chain hash after it.</summary>
    /// <exception cref="FormatException">It is not the record of step <see cref="Steps"/>.</exception>
    public ChainHash Append(ReadOnlySpan<byte> payload)
    {
        var record = RecordCodec.Decode(payload, Steps);
        _chains.Add(Chain.Next(payload));
        Updates.Append(record.ToUpdate());
        return Chain;
    }
}
