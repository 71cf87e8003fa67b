using System.Runtime.InteropServices;
using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training;

/// <summary>Evaluates a data set with the weights at a step, as they are: no probe is perturbed.</summary>
public sealed class Evaluator
{
    private const int TokensPerPass = 1 << 12;
    private static readonly Probe[] Plain = [Probe.Plain];
    private readonly Model _model;
    private readonly UpdateHistory _updates;
    private readonly PackedBatch _batch = new();
    private readonly List<EncodedExample> _samples = [];
    private double[] _logProbabilities = [];
    private double[] _terms = [];

    public Evaluator(Model model, UpdateHistory updates) => (_model, _updates) = (model, updates);

    /// <summary>Evaluates all rows at <paramref name="step"/>, to which the weights are folded.</summary>
    /// <param name="step">t.</param>
    /// <param name="examples">The rows.</param>
    /// <param name="onPrediction">Called for every row, in order; may be null.</param>
    /// <param name="cancellation">Looked at between passes.</param>
    public EvaluationResult Run(int step, ExampleSet examples, Action<Prediction>? onPrediction, CancellationToken cancellation)
    {
        var confusion = examples.Labels.Count > 0 ? new ConfusionTable(examples.Labels) : null;
        var rows = examples.Examples;
        Int128 sum = 0;
        long terms = 0, flagged = 0;
        for (var start = 0; start < rows.Count;)
        {
            cancellation.ThrowIfCancellationRequested();
            _samples.Clear();
            for (var tokens = 0; start < rows.Count && (_samples.Count == 0 || tokens + rows[start].PackedTokens <= TokensPerPass); start++)
            {
                tokens += rows[start].PackedTokens;
                _samples.Add(rows[start]);
            }

            RunPass(step);
            var own = (ReadOnlySpan<double>)_logProbabilities;
            foreach (var sample in _samples)
            {
                var prediction = Prediction.Of(sample, own[..sample.Targets]);
                own = own[sample.Targets..];
                confusion?.Add(sample.Label, prediction.Best);
                onPrediction?.Invoke(prediction);
            }

            foreach (var term in _terms.AsSpan(0, _batch.Terms))
            {
                if (FixedPoint.TryRound(term, out var value)) sum += value;
                else flagged++;
            }

            terms += _batch.Terms;
        }

        return new EvaluationResult(step, rows.Count, sum, terms, flagged, confusion);
    }

    private void RunPass(int step)
    {
        _batch.Pack(CollectionsMarshal.AsSpan(_samples));
        var targets = _batch.Targets.Length;
        if (_logProbabilities.Length < targets) _logProbabilities = new double[targets];
        if (_terms.Length < _batch.Terms) _terms = new double[_batch.Terms];
        var pass = new Pass { Tokens = _batch.Tokens, Sequences = _batch.Sequences, Probes = Plain, Updates = _updates, Step = step };
        _model.LogProbabilities(pass, _batch.GatherRows, _batch.Targets, _logProbabilities.AsSpan(0, targets));
        Objective.Terms(_batch, _logProbabilities.AsSpan(0, targets), _terms.AsSpan(0, _batch.Terms));
    }
}
