namespace DistZO.Devices;

/// <summary>
/// Float32 activations of one pass, in the device's own layout: for each probe, <see cref="Features"/> × tokens. Buffers are kept
/// and grow as needed, so a warm pass allocates nothing.
/// </summary>
public abstract class Activations : IDisposable
{
    /// <summary>Features a token.</summary>
    public abstract int Features { get; }

    /// <summary>Rows (tokens) a probe holds now.</summary>
    public abstract int Tokens { get; }

    public abstract void Dispose();
}
