using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Norms, a block of threads to a row.</summary>
internal sealed class NormWork(KernelModule kernels, Folding folding, CudaPool pool, CUstream stream) : IDisposable
{
    private const int Threads = 256;

    private readonly Workspace _scale = new(pool, stream);
    private readonly Workspace _shift = new(pool, stream);

    /// <summary>See <see cref="Device.LayerNorm"/>.</summary>
    public void LayerNorm(Pass pass, Parameter? scale, Parameter? shift, float epsilon, CudaActivations x, CudaActivations y)
    {
        Resize(pass, x, y, scale ?? shift);
        kernels.Launch(
            "layer_norm",
            new KernelGrid(x.Tokens, x.Probes),
            Threads,
            0,
            stream,
            x.Pointer,
            x.Type,
            y.Pointer,
            y.Type,
            View(pass, scale, _scale),
            View(pass, shift, _shift),
            x.Features,
            x.Tokens,
            x.Probes,
            epsilon);
    }

    /// <summary>See <see cref="Device.RmsNorm"/>.</summary>
    public void RmsNorm(Pass pass, Parameter scale, float epsilon, CudaActivations x, CudaActivations y)
    {
        Resize(pass, x, y, scale);
        var width = checked((int)scale.Length);
        kernels.Launch(
            "rms_norm",
            new KernelGrid(checked(x.Tokens * (x.Features / width)), x.Probes),
            Threads,
            0,
            stream,
            x.Pointer,
            x.Type,
            y.Pointer,
            y.Type,
            View(pass, scale, _scale),
            width,
            x.Features,
            x.Tokens,
            x.Probes,
            epsilon);
    }

    public void Dispose()
    {
        _scale.Dispose();
        _shift.Dispose();
    }

    /// <summary>What is normed goes into a matrix product, whose format it gets; in place it keeps its own.</summary>
    private static void Resize(Pass pass, CudaActivations x, CudaActivations y, Parameter? weights)
    {
        if (x != y) y.Resize(x.Tokens, pass.Probes.Count, weights?.Type ?? x.Type);
    }

    private CUdeviceptr View(Pass pass, Parameter? vector, Workspace memory)
    {
        if (vector is null) return CUdeviceptr.Null;
        var view = memory.Get(vector.Length * pass.Probes.Count * sizeof(float));
        folding.View(pass, vector, view);
        return view;
    }
}
