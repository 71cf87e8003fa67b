namespace DistZO.Runs;

/// <summary>
/// Exponential moving average of the loss, corrected for its start: the weights of the losses seen so far always sum to 1, so the
/// first value is the first loss and not a fraction of it (Kingma and Ba, arXiv 1412.6980, section 3). A loss that is not finite
/// (a skipped step) is left out.
/// </summary>
public sealed class SmoothedLoss
{
    private readonly double _decay;
    private double _sum;
    private double _weight;

    /// <param name="decay">What is left of an older loss after each step, in [0, 1); 0.98 looks back about 50 steps.</param>
    public SmoothedLoss(double decay = 0.98)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(decay, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(decay, 1);
        _decay = decay;
    }

    /// <summary>NaN before the first finite loss.</summary>
    public double Value => _weight > 0 ? _sum / _weight : double.NaN;

    /// <summary>Takes the loss of the next step and returns the new <see cref="Value"/>.</summary>
    public double Add(double loss)
    {
        if (!double.IsFinite(loss)) return Value;
        _sum = (_decay * _sum) + ((1 - _decay) * loss);
        _weight = (_decay * _weight) + (1 - _decay);
        return Value;
    }
}
