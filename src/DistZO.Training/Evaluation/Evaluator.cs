using System.Runtime.InteropServices;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>Evaluates a data set with the weights at a step, as they are: no probe is perturbed.</summary>
public sealed class Evaluator
{
    private const int TokensPerPass = 1 << 12;
    private static readonly Probe[] Plain = [Probe.Plain];
    private readonly SamplePass _pass;
    private readonly List<EncodedExample> _samples = [];

    /// <param name="model">The weights; folded up to the step of each evaluation.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    public Evaluator(Model model, UpdateHistory updates, Action? beforeBlock = null) => _pass = new SamplePass(model, updates, beforeBlock);

    /// <summary>Evaluates rows at <paramref name="step"/>, to which the weights are folded.</summary>
    /// <param name="step">t.</param>
    /// <param name="examples">The data set.</param>
    /// <param name="range">Which of its rows.</param>
    /// <param name="onPrediction">Called for every row, in order; may be null.</param>
    public EvaluationResult Run(int step, ExampleSet examples, Range range, Action<Prediction>? onPrediction = null)
    {
        var confusion = examples.Labels.Count > 0 ? new ConfusionTable(examples.Labels) : null;
        var rows = examples.Examples;
        var (first, count) = range.GetOffsetAndLength(rows.Count);
        var end = first + count;
        Int128 sum = 0;
        long terms = 0, flagged = 0;
        var undecided = 0;
        for (var start = first; start < end;)
        {
            _samples.Clear();
            for (var tokens = 0; start < end && (_samples.Count == 0 || tokens + rows[start].PackedTokens <= TokensPerPass); start++)
            {
                tokens += rows[start].PackedTokens;
                _samples.Add(rows[start]);
            }

            _pass.Run(step, Plain, CollectionsMarshal.AsSpan(_samples));
            var own = _pass.LogProbabilities(0);
            foreach (var sample in _samples)
            {
                var prediction = Prediction.Of(sample, own[..sample.Targets]);
                own = own[sample.Targets..];
                if (double.IsNaN(prediction.Scores[prediction.Best])) undecided++;
                else if (confusion is not null) Count(confusion, examples.Cell(sample, prediction.Best));
                onPrediction?.Invoke(prediction);
            }

            foreach (var term in _pass.Terms(0, countsErrors: false))
            {
                if (FixedPoint.TryRound(term, out var value)) sum += value;
                else flagged++;
            }

            terms += _pass.Batch.Terms;
        }

        return new EvaluationResult(step, count, sum, terms, flagged, undecided, confusion);
    }

    private static void Count(ConfusionTable confusion, (int Truth, int Predicted) cell) => confusion.Add(cell.Truth, cell.Predicted);
}
