using System.Runtime.InteropServices;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// Log-probabilities over the vocabulary, a part of its rows after the other: a part's logits are summed up to a maximum and a sum of
/// exponentials for each token, and forgotten.
/// </summary>
internal sealed class VocabularyWork(
    KernelModule kernels,
    PassData data,
    Folding folding,
    PerturbedMatrix perturbed,
    LinearWork linear,
    MatrixProducts products,
    HostReads reads,
    CudaPool pool,
    CUstream stream) : IDisposable
{
    private const int Threads = 256;
    private const long MostLogitBytes = 64L << 20;

    private readonly Workspace _bias = new(pool, stream);
    private readonly Workspace _logits = new(pool, stream);
    private readonly Workspace _maxima = new(pool, stream);
    private readonly Workspace _sums = new(pool, stream);
    private readonly Workspace _picked = new(pool, stream);

    /// <summary>See <see cref="Device.LogProbabilities"/>.</summary>
    public void Run(Pass pass, Parameter head, Parameter? bias, CudaActivations x, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        folding.Fold(head, pass.Updates, pass.Step);
        var (probes, tokens) = (pass.Probes.Count, x.Tokens);
        var shift = CUdeviceptr.Null;
        if (bias is not null) folding.View(pass, bias, shift = _bias.Get(bias.Length * probes * sizeof(float)));
        var operand = linear.InFormat(x, head.Type);
        var maxima = _maxima.Get(Math.Max(1, (long)probes * tokens * sizeof(float)));
        var sums = _sums.Get(Math.Max(1, (long)probes * tokens * sizeof(float)));
        var picked = _picked.Get(Math.Max(1, (long)probes * targets.Length * sizeof(float)));
        var (rows, ids) = (new int[targets.Length], new int[targets.Length]);
        for (var i = 0; i < targets.Length; i++) (rows[i], ids[i]) = (targets[i].Row, targets[i].Target);
        var (targetRows, targetIds) = (data.Rows(rows), data.OtherRows(ids));

        foreach (var group in ProbeGroup.Of(pass.Probes, head.Trainable))
        {
            var most = Math.Min(
                PerturbedMatrix.OutputsAtOnce(pass, head, head.Rows, x.Features, group),
                (int)Math.Clamp(MostLogitBytes / (4L * Math.Max(1, tokens) * group.Count) / 64 * 64, Math.Min(64, head.Rows), head.Rows));
            for (var first = 0; first < head.Rows; first += most)
            {
                var count = Math.Min(most, head.Rows - first);
                var logits = _logits.Get(Math.Max(1, (long)tokens * count * group.Count * sizeof(float)));
                Multiply(pass, group, head, x, operand, first, count, logits);
                for (var probe = 0; bias is not null && probe < group.Count; probe++)
                {
                    var part = logits + ((long)probe * tokens * count * sizeof(float));
                    var own = shift + ((((long)(group.First + probe) * head.Rows) + first) * sizeof(float));
                    linear.Finish(part, WeightType.Float32, 1f, own, part, WeightType.Float32, Activation.None, Merge.Replace, count, tokens, 1);
                }

                var at = (long)group.First * tokens * sizeof(float);
                kernels.Launch("vocabulary", new KernelGrid(tokens, group.Count), Threads, 0, stream, logits, tokens, count, maxima + at, sums + at, first == 0, group.Count);
                kernels.Launch(
                    "pick",
                    KernelGrid.Over((long)targets.Length * group.Count, Threads),
                    Threads,
                    0,
                    stream,
                    logits,
                    tokens,
                    count,
                    first,
                    targetRows,
                    targetIds,
                    targets.Length,
                    picked + ((long)group.First * targets.Length * sizeof(float)),
                    group.Count);
            }
        }

        Finish(targets, result, probes, tokens, maxima, sums, picked);
    }

    public void Dispose()
    {
        foreach (var memory in (Workspace[])[_bias, _logits, _maxima, _sums, _picked]) memory.Dispose();
    }

    private void Multiply(Pass pass, in ProbeGroup group, Parameter head, CudaActivations x, CUdeviceptr operand, int first, int count, CUdeviceptr logits)
    {
        var view = perturbed.View(pass, group, head, inputsFirst: false, x.Features, first, count);
        var size = head.Type.Size();
        var bits = view.Pointer.Address | operand.Address | (ulong)(x.ProbeLength * size) | ((ulong)view.Stride * (ulong)size) | ((ulong)x.Tokens * (ulong)count * sizeof(float)) | 256;
        var shape = new MatrixShape(
            count,
            x.Features,
            x.Tokens,
            InputsFirst: false,
            count,
            group.Count,
            view.Stride,
            x.ProbeLength,
            (long)x.Tokens * count,
            head.Type,
            WeightType.Float32,
            HasBias: false,
            IsRelu: false,
            0,
            (int)(bits & (~bits + 1)));
        products.Run(shape, view.Pointer, operand + (group.First * x.ProbeLength * size), logits, CUdeviceptr.Null, accumulate: false);
    }

    private void Finish(ReadOnlySpan<TokenTarget> targets, Span<double> result, int probes, int tokens, CUdeviceptr maxima, CUdeviceptr sums, CUdeviceptr picked)
    {
        if (targets.Length == 0) return;
        var (tops, totals, own) = (new float[probes * tokens], new float[probes * tokens], new float[probes * targets.Length]);
        Read(maxima, tops);
        Read(sums, totals);
        Read(picked, own);
        for (var probe = 0; probe < probes; probe++)
        {
            for (var i = 0; i < targets.Length; i++)
            {
                var row = (probe * tokens) + targets[i].Row;
                result[(probe * targets.Length) + i] = own[(probe * targets.Length) + i] - (tops[row] + ExactMath.Log(totals[row]));
            }
        }
    }

    private void Read(CUdeviceptr source, float[] destination) =>
        reads.Read(source, MemoryMarshal.AsBytes(destination.AsSpan()), "run a pass");
}
