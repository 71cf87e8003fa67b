using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Chooses the next token from logits: the likeliest, or one drawn by temperature, top-k and top-p in this order (the order of
/// Transformers' warpers). The same bits everywhere: probabilities are binary64 of <see cref="ExactMath"/>, and the draw is
/// <see cref="Philox"/> of (seed, position), so a text depends on its own logits alone. Not thread-safe.
/// </summary>
internal sealed class TokenSampler(GenerationOptions options)
{
    private (float Logit, int Token)[] _sorted = [];
    private double[] _weights = [];

    /// <summary>The token after a row of logits, or −1 where a logit is not a number.</summary>
    /// <param name="logits">One row of the vocabulary.</param>
    /// <param name="seed">Of the text.</param>
    /// <param name="position">How many tokens were generated before.</param>
    public int Choose(ReadOnlySpan<float> logits, ulong seed, int position)
    {
        var best = 0;
        for (var i = 0; i < logits.Length; i++)
        {
            if (!float.IsFinite(logits[i])) return -1;
            if (logits[i] > logits[best]) best = i;
        }

        return options.Temperature > 0 ? Draw(logits, seed, position) : best;
    }

    private int Draw(ReadOnlySpan<float> logits, ulong seed, int position)
    {
        var count = Sort(logits);
        if (options.TopK > 0) count = Math.Min(count, options.TopK);
        var total = 0.0;
        for (var i = 0; i < count; i++)
        {
            _weights[i] = ExactMath.Exp((_sorted[i].Logit - (double)_sorted[0].Logit) / options.Temperature);
            total += _weights[i];
        }

        if (options.TopP < 1)
        {
            var (enough, sum, kept) = (options.TopP * total, 0.0, 0);
            while (kept < count && (kept == 0 || sum < enough)) sum += _weights[kept++];
            (count, total) = (kept, sum);
        }

        // 53 bits: a number of [0, 1).
        var at = (Philox.Word64(seed, (ulong)position, 0, PhiloxStream.SampledToken) >> 11) * (1.0 / (1L << 53)) * total;
        for (var i = 0; i < count; i++)
        {
            at -= _weights[i];
            if (at < 0) return _sorted[i].Token;
        }

        // The last roundings may leave a trace.
        return _sorted[count - 1].Token;
    }

    /// <summary>Descending; equal logits in the order of their tokens.</summary>
    private int Sort(ReadOnlySpan<float> logits)
    {
        if (_sorted.Length < logits.Length) (_sorted, _weights) = (new (float, int)[logits.Length], new double[logits.Length]);
        for (var i = 0; i < logits.Length; i++) _sorted[i] = (logits[i], i);
        _sorted.AsSpan(0, logits.Length).Sort(static (a, b) => a.Logit != b.Logit ? b.Logit.CompareTo(a.Logit) : a.Token.CompareTo(b.Token));
        return logits.Length;
    }
}
