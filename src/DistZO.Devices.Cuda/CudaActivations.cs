using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// Activations as [probe][token][feature]. What only a matrix product or an attention reads is held in the format that those compute in; the
/// residual stream, to which every layer adds, is float32.
/// </summary>
internal sealed class CudaActivations(CudaPool pool, CUstream stream, int features) : Activations
{
    private readonly Workspace _memory = new(pool, stream);
    private int _tokens;

    public override int Features => features;

    public override int Tokens => _tokens;

    /// <summary>Probes that it holds now.</summary>
    public int Probes { get; private set; }

    /// <summary>Number format.</summary>
    public WeightType Type { get; private set; }

    /// <summary>The first element.</summary>
    public CUdeviceptr Pointer { get; private set; }

    /// <summary>Elements a probe.</summary>
    public long ProbeLength => (long)_tokens * features;

    /// <summary>The address of a feature of the first token.</summary>
    public CUdeviceptr At(int feature) => Pointer + ((long)feature * Type.Size());

    /// <summary>Makes room. What it holds is lost, unless nothing changes.</summary>
    public void Resize(int tokens, int probes, WeightType type)
    {
        if (tokens == _tokens && probes == Probes && type == Type && Pointer != CUdeviceptr.Null) return;
        (_tokens, Probes, Type) = (tokens, probes, type);
        Pointer = _memory.Get(Math.Max(1, (long)tokens * features * probes * type.Size()));
    }

    public override void Dispose() => _memory.Dispose();
}
