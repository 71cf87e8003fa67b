using System.Runtime.InteropServices;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>Evaluates a data set with the weights at a step, as they are: no probe is perturbed.</summary>
public sealed class Evaluator
{
    /// <summary>Tokens that a pass reads, or whose keys and values are held while answers are written.</summary>
    internal const int TokensPerPass = 1 << 12;

    private static readonly Probe[] Plain = [Probe.Plain];
    private readonly SamplePass _pass;
    private readonly TextScoring? _scoring;
    private readonly List<EncodedExample> _samples = [];

    /// <param name="model">The weights; folded up to the step of each evaluation.</param>
    /// <param name="updates">The committed updates.</param>
    /// <param name="scoring">What writes and scores answers; not owned; null where none are written.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>; may be null.</param>
    public Evaluator(Model model, UpdateHistory updates, TextScoring? scoring, Action? beforeBlock = null) =>
        (_pass, _scoring) = (new SamplePass(model, updates, beforeBlock), scoring);

    /// <summary>Evaluates rows at <paramref name="step"/>, to which the weights are folded.</summary>
    /// <param name="step">t.</param>
    /// <param name="examples">The data set.</param>
    /// <param name="range">Which of its rows.</param>
    /// <param name="onPrediction">Called for every row, in order; may be null.</param>
    public EvaluationResult Run(int step, ExampleSet examples, Range range, Action<Prediction>? onPrediction = null)
    {
        var confusion = examples.Labels.Count > 0 ? new ConfusionTable(examples.Labels) : null;
        var answers = _scoring?.Total([]);
        var rows = examples.Examples;
        var (first, count) = range.GetOffsetAndLength(rows.Count);
        var end = first + count;
        Int128 sum = 0;
        long terms = 0, flagged = 0;
        var undecided = 0;
        for (var start = first; start < end; start += _samples.Count)
        {
            Take(rows, start, end);
            var samples = CollectionsMarshal.AsSpan(_samples);
            _pass.Run(step, Plain, samples);
            var written = _scoring?.Evaluate(step, samples);
            if (written is not null) answers = answers!.Add(_scoring!.Total(written));
            var own = _pass.LogProbabilities(0);
            for (var i = 0; i < samples.Length; i++)
            {
                var prediction = Prediction.Of(samples[i], own[..samples[i].Targets]) with { Answer = written?[i] };
                own = own[samples[i].Targets..];
                if (double.IsNaN(prediction.Scores[prediction.Best])) undecided++;
                else if (confusion is not null) Count(confusion, examples.Cell(samples[i], prediction.Best));
                onPrediction?.Invoke(prediction);
            }

            foreach (var term in _pass.Terms(0, countsErrors: false))
            {
                if (FixedPoint.TryRound(term, out var value)) sum += value;
                else flagged++;
            }

            terms += _pass.Batch.Terms;
        }

        return new EvaluationResult(step, count, sum, terms, flagged, undecided, confusion, answers);
    }

    /// <summary>Takes as many rows as go together: at least one.</summary>
    private void Take(IReadOnlyList<EncodedExample> rows, int start, int end)
    {
        _samples.Clear();
        for (var (at, tokens) = (start, 0); at < end; at++)
        {
            tokens += Math.Max(rows[at].PackedTokens, _scoring?.Generator.TokensHeld(rows[at]) ?? 0);
            if (_samples.Count > 0 && tokens > TokensPerPass) break;
            _samples.Add(rows[at]);
        }
    }

    private static void Count(ConfusionTable confusion, (int Truth, int Predicted) cell) => confusion.Add(cell.Truth, cell.Predicted);
}
