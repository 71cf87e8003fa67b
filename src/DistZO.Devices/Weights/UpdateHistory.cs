namespace DistZO.Devices;

/// <summary>
/// The updates of the committed steps of one run, in order: update i turns the weights at step i into the weights at step i + 1.
/// A parameter that is folded up to step s still lacks the updates s, s + 1, … of this list. Not thread-safe: commits are appended
/// between passes.
/// </summary>
public sealed class UpdateHistory
{
    private WeightUpdate[] _updates = new WeightUpdate[64];

    /// <summary>How many steps are committed; also the step that the newest weights are at.</summary>
    public int Count { get; private set; }

    /// <summary>Appends the update of step <see cref="Count"/>.</summary>
    public void Append(WeightUpdate update)
    {
        if (Count == _updates.Length) Array.Resize(ref _updates, Count * 2);
        _updates[Count++] = update;
    }

    /// <summary>Forgets all updates.</summary>
    public void Clear()
    {
        Array.Clear(_updates, 0, Count);
        Count = 0;
    }

    /// <summary>The updates that lead from the weights at <paramref name="from"/> to the weights at <paramref name="to"/>.</summary>
    public ReadOnlySpan<WeightUpdate> Between(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(from, to);
        return _updates.AsSpan(from, to - from);
    }
}
