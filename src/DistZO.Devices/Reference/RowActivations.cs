namespace DistZO.Devices;

/// <summary>Activations of the reference device: [probe][token][feature], row-major.</summary>
internal sealed class RowActivations(int features) : Activations
{
    private float[] _values = [];
    private int _tokens;

    public override int Features => features;

    public override int Tokens => _tokens;

    public void Resize(int tokens, int probes)
    {
        _tokens = tokens;
        if (_values.Length < probes * tokens * features) _values = new float[probes * tokens * features];
    }

    public Span<float> Row(int probe, int token) => _values.AsSpan(((probe * _tokens) + token) * features, features);

    public override void Dispose()
    {
    }
}
