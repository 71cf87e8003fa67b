namespace DistZO.Devices.Cpu;

/// <summary>The wanted (token, vocabulary id) pairs of one call, sorted by the vocabulary chunk that they lie in, and their logits.</summary>
internal sealed class VocabularyTargets
{
    private TokenTarget[] _targets = [];
    private int[] _order = [];
    private int[] _starts = [];
    private float[] _logits = [];
    private int _count;

    public TokenTarget this[int index] => _targets[index];

    public void Sort(ReadOnlySpan<TokenTarget> targets, int vocabulary, int tokens, int probes)
    {
        const int chunk = CpuArithmetic.VocabularyChunk;
        var chunks = (vocabulary + chunk - 1) / chunk;
        _count = targets.Length;
        if (_targets.Length < _count)
        {
            _targets = new TokenTarget[_count];
            _order = new int[_count];
        }

        if (_logits.Length < _count * probes) _logits = new float[_count * probes];
        if (_starts.Length < chunks + 1) _starts = new int[chunks + 1];
        targets.CopyTo(_targets);
        Array.Clear(_starts);
        foreach (var target in targets)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)target.Target, (uint)vocabulary);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)target.Row, (uint)tokens);
            _starts[target.Target / chunk]++;
        }

        for (int i = 0, sum = 0; i <= chunks; i++) (_starts[i], sum) = (sum, sum + (i < chunks ? _starts[i] : 0));
        for (var i = 0; i < _count; i++) _order[_starts[targets[i].Target / chunk]++] = i;
        // Each start has moved to its chunk's end: shift back by one chunk.
        for (var i = chunks; i > 0; i--) _starts[i] = _starts[i - 1];
        _starts[0] = 0;
    }

    /// <summary>Indices of the targets in a chunk.</summary>
    public ReadOnlySpan<int> InChunk(int chunk) => _order.AsSpan(_starts[chunk], _starts[chunk + 1] - _starts[chunk]);

    public float Logit(int probe, int index) => _logits[(probe * _count) + index];

    public void SetLogit(int probe, int index, float logit) => _logits[(probe * _count) + index] = logit;
}
