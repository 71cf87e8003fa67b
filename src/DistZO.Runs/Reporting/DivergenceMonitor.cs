using System.Globalization;

namespace DistZO.Runs;

/// <summary>
/// Notices a run that goes wrong: the smoothed loss stays well above its minimum. Says so once, with the likely cause and the
/// command that goes back to the best step.
/// </summary>
public sealed class DivergenceMonitor
{
    /// <summary>Smoothed losses before this one still follow single batches, and make no minimum.</summary>
    private const int WarmUp = 20;

    /// <summary>Steps in a row above the limit before it is said: as long as the average looks back.</summary>
    private const int Patience = 50;

    // A zeroth-order loss wanders by a few percent; a run that diverges is far beyond this soon.
    private const double RelativeMargin = 0.15;
    private const double AbsoluteMargin = 0.05;

    /// <summary>MeZO's searches end at 0.1 for prefixes and 1e-3 for full models: a full model at more than this is suspect.</summary>
    private const double LargeEps = 1e-2;

    private readonly string _ledger;
    private readonly double _learningRate;
    private readonly double _zoEps;
    private double _minimum = double.PositiveInfinity;
    private int _minimumStep;
    private int _seen;
    private int _above;
    private bool _said;

    /// <param name="ledger">Path of the ledger, for the command.</param>
    /// <param name="learningRate">The recipe's highest learning rate.</param>
    /// <param name="zoEps">The recipe's <c>zo_eps</c>.</param>
    public DivergenceMonitor(string ledger, double learningRate, double zoEps)
    {
        _ledger = ledger;
        _learningRate = learningRate;
        _zoEps = zoEps;
    }

    /// <summary>Takes the smoothed loss after <paramref name="step"/> steps; returns the warning when it is due, else null.</summary>
    public string? Add(int step, double smoothedLoss)
    {
        if (!double.IsFinite(smoothedLoss)) return null;
        if (++_seen <= WarmUp) return null;
        if (smoothedLoss < _minimum)
        {
            (_minimum, _minimumStep) = (smoothedLoss, step);
        }

        var limit = _minimum + Math.Max(AbsoluteMargin, RelativeMargin * Math.Abs(_minimum));
        _above = smoothedLoss > limit ? _above + 1 : 0;
        if (_said || _above < Patience) return null;
        _said = true;
        return Warning(step, smoothedLoss);
    }

    private string Warning(int step, double smoothedLoss)
    {
        var (cause, flag) = _zoEps > LargeEps
            ? ($"zo_eps ({Quantity.Small(_zoEps)}) is too large to measure a slope", $"--zo-eps {Quantity.Small(_zoEps / 10)}")
            : ($"learning_rate ({Quantity.Small(_learningRate)}) is too high", $"--learning-rate {Quantity.Small(_learningRate / 3)}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the smoothed loss ({smoothedLoss:0.000} at step {step}) has stayed well above "
            + $"its minimum ({_minimum:0.000} at step {_minimumStep}); likely {cause}; to go back: distzo fork {Quoted(_ledger)} --step {_minimumStep} {flag} --output NEW_DIRECTORY");
    }

    private static string Quoted(string path) => path.Contains(' ') ? $"'{path}'" : path;
}
