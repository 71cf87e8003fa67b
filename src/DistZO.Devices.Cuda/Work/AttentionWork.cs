using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Attention, a tile of queries to a block of threads.</summary>
internal sealed class AttentionWork(CudaContext context, KernelModule kernels, PassData data, CUstream stream)
{
    /// <summary>The first GPUs whose matrix units the kernel for 16-bit formats is written for.</summary>
    private const int TensorCapability = 80;

    /// <summary>See <see cref="Device.Attention"/>.</summary>
    public void Run(Pass pass, in AttentionShape shape, FeatureSlice q, FeatureSlice k, FeatureSlice v, CudaActivations y)
    {
        var (query, key, value) = ((CudaActivations)q.Buffer, (CudaActivations)k.Buffer, (CudaActivations)v.Buffer);
        if (y != query) y.Resize(query.Tokens, pass.Probes.Count, query.Type);
        var kernel = Choose(shape, query.Type, key.Type, value.Type);
        var (sequences, tiles, count) = data.Tiles(pass.Sequences, kernel.Queries);
        kernels.Launch(
            kernel.Name,
            new KernelGrid(count, shape.Heads, pass.Probes.Count),
            kernel.Threads,
            kernel.SharedBytes,
            stream,
            query.Pointer,
            query.Type,
            query.Features,
            q.First,
            key.Pointer,
            key.Type,
            key.Features,
            k.First,
            value.Pointer,
            value.Type,
            value.Features,
            v.First,
            y.Pointer,
            y.Type,
            query.Tokens,
            key.Tokens,
            shape.Heads,
            shape.KeyValueHeads,
            shape.Width,
            shape.Scale,
            shape.Window,
            shape.Causal,
            sequences,
            tiles);
    }

    private AttentionKernel Choose(in AttentionShape shape, WeightType q, WeightType k, WeightType v)
    {
        if (context.Capability < TensorCapability || q == WeightType.Float32 || k != q || v != q || shape.Width % 16 != 0 || shape.Width > AttentionKernel.WidestTensor)
            return AttentionKernel.Plain;
        return AttentionKernel.Tensor(q, shape.Width);
    }
}

/// <summary>How an attention kernel is launched. The numbers are those of its source.</summary>
/// <param name="Name">The kernel.</param>
/// <param name="Queries">A tile.</param>
/// <param name="Threads">A block.</param>
/// <param name="SharedBytes">Shared memory a block.</param>
internal readonly record struct AttentionKernel(string Name, int Queries, int Threads, int SharedBytes)
{
    /// <summary>Features a head that the kernels with matrix units take at most.</summary>
    public const int WidestTensor = 128;

    public static AttentionKernel Plain { get; } = new("attention", 16, 128, 0);

    /// <summary>On matrix units.</summary>
    /// <param name="type">A 16-bit format.</param>
    /// <param name="width">Features a head.</param>
    public static AttentionKernel Tensor(WeightType type, int width) =>
        new($"attention_mma_{(type == WeightType.BFloat16 ? "bf16" : "f16")}_{(width <= 64 ? 64 : WidestTensor)}", 64, 128, 0);
}
