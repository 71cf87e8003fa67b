using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// Linear layers: a matrix is perturbed in parts, both signs from one z, and each part multiplied by the tokens of its probes. Bias and ReLU are
/// done by the product where cuBLASLt can, and everything else by one more kernel.
/// </summary>
internal sealed class LinearWork(KernelModule kernels, Folding folding, PerturbedMatrix perturbed, MatrixProducts products, CudaPool pool, CUstream stream) : IDisposable
{
    private const int Threads = 256;
    private const ulong LargestAlignment = 256;

    private readonly Workspace _bias = new(pool, stream);
    private readonly Workspace _shortBias = new(pool, stream);
    private readonly Workspace _tokens = new(pool, stream);
    private readonly Workspace _product = new(pool, stream);

    /// <summary>See <see cref="Device.Linear"/>.</summary>
    public void Run(Pass pass, Parameter weight, Parameter? bias, CudaActivations x, CudaActivations y, Activation activation, Merge merge, bool inputsFirst)
    {
        folding.Fold(weight, pass.Updates, pass.Step);
        var probes = pass.Probes.Count;
        var shift = CUdeviceptr.Null;
        if (bias is not null) folding.View(pass, bias, shift = _bias.Get(bias.Length * probes * sizeof(float)));
        if (merge == Merge.Replace) y.Resize(x.Tokens, probes, weight.Type);
        else y.Resize(x.Tokens, probes, y.Type);
        // A product is of its operands' format or float32. It can do the rest itself, or it goes into y as it is and is finished there, or beside y.
        var result = y.Type == WeightType.Float32 ? y.Type : weight.Type;
        var isDirect = result == y.Type && (merge == Merge.Replace || (merge == Merge.Add && activation == Activation.None));
        var target = isDirect ? y.Pointer : _product.Get(y.ProbeLength * probes * result.Size());
        var operand = InFormat(x, weight.Type);
        var layer = new Linear(weight, x, y, result, inputsFirst, operand, AlignmentOf(weight, x, operand, y, result, target));
        var canFuse = isDirect && activation is Activation.None or Activation.Relu && Fuses(pass, layer, bias is not null, activation == Activation.Relu);
        var fusedBias = canFuse && bias is not null ? InFormat(shift, bias.Length * probes, y.Type) : CUdeviceptr.Null;
        Multiply(pass, layer, target, fusedBias, canFuse && activation == Activation.Relu, isDirect && merge == Merge.Add);
        if (canFuse || (isDirect && bias is null && activation == Activation.None)) return;
        // What is in y already, the sum of a residual stream too, is finished in place.
        Finish(target, result, 1f, shift, y, activation, isDirect ? Merge.Replace : merge);
    }

    /// <summary>Activations in a number format: themselves, or a copy that lasts until the next call.</summary>
    public CUdeviceptr InFormat(CudaActivations x, WeightType type)
    {
        if (x.Type == type) return x.Pointer;
        var copy = _tokens.Get(x.ProbeLength * x.Probes * type.Size());
        Finish(x.Pointer, x.Type, 1f, CUdeviceptr.Null, copy, type, Activation.None, Merge.Replace, x.Features, x.Tokens, x.Probes);
        return copy;
    }

    /// <summary>y = merge(y, activation(scale·v + bias)), element by element; v may be y.</summary>
    public void Finish(CUdeviceptr v, WeightType type, float scale, CUdeviceptr bias, CudaActivations y, Activation activation, Merge merge) =>
        Finish(v, type, scale, bias, y.Pointer, y.Type, activation, merge, y.Features, y.Tokens, y.Probes);

    /// <summary>As the other, for any memory of [probe][token][feature].</summary>
    public void Finish(
        CUdeviceptr v, WeightType type, float scale, CUdeviceptr bias, CUdeviceptr y, WeightType result, Activation activation, Merge merge, int features, int tokens, int probes) =>
        kernels.Launch(
            "finish",
            KernelGrid.Over(((long)features * tokens * probes / 4) + 1, Threads),
            Threads,
            0,
            stream,
            v,
            type,
            scale,
            bias,
            y,
            result,
            (int)activation,
            (int)merge,
            features,
            tokens,
            probes);

    public void Dispose()
    {
        foreach (var memory in (Workspace[])[_bias, _shortBias, _tokens, _product]) memory.Dispose();
    }

    private void Multiply(Pass pass, Linear layer, CUdeviceptr target, CUdeviceptr bias, bool isRelu, bool accumulate)
    {
        var (weight, x, y) = (layer.Weight, layer.X, layer.Y);
        foreach (var group in ProbeGroup.Of(pass.Probes, weight.Trainable))
        {
            var most = PerturbedMatrix.OutputsAtOnce(pass, weight, y.Features, x.Features, group);
            for (var first = 0; first < y.Features; first += most)
            {
                var count = Math.Min(most, y.Features - first);
                var view = perturbed.View(pass, group, weight, layer.InputsFirst, x.Features, first, count);
                var from = layer.Operand + (group.First * x.ProbeLength * weight.Type.Size());
                var to = target + (((group.First * y.ProbeLength) + first) * layer.Result.Size());
                var shift = bias == CUdeviceptr.Null ? bias : bias + ((((long)group.First * y.Features) + first) * y.Type.Size());
                products.Run(ShapeOf(layer, group, count, bias != CUdeviceptr.Null, isRelu), view.Pointer, from, to, shift, accumulate);
            }
        }
    }

    private bool Fuses(Pass pass, Linear layer, bool hasBias, bool isRelu)
    {
        if (!hasBias && !isRelu) return true;
        foreach (var group in ProbeGroup.Of(pass.Probes, layer.Weight.Trainable))
        {
            var most = PerturbedMatrix.OutputsAtOnce(pass, layer.Weight, layer.Y.Features, layer.X.Features, group);
            var last = layer.Y.Features % most;
            if (!products.Supports(ShapeOf(layer, group, most, hasBias, isRelu))) return false;
            if (last > 0 && !products.Supports(ShapeOf(layer, group, last, hasBias, isRelu))) return false;
        }

        return true;
    }

    private static MatrixShape ShapeOf(in Linear layer, in ProbeGroup group, int outputs, bool hasBias, bool isRelu)
    {
        var (x, y, weight) = (layer.X, layer.Y, layer.Weight);
        // Where all probes see one matrix and add no vector of their own, their tokens are the rows of one product.
        var isOne = group.SeesWeights && !hasBias;
        return new MatrixShape(
            outputs,
            x.Features,
            isOne ? x.Tokens * group.Count : x.Tokens,
            layer.InputsFirst,
            y.Features,
            isOne ? 1 : group.Count,
            group.SeesWeights ? 0 : (long)outputs * x.Features,
            x.ProbeLength,
            y.ProbeLength,
            weight.Type,
            layer.Result,
            hasBias,
            isRelu,
            y.Features,
            layer.Alignment);
    }

    /// <summary>A float32 vector in another format.</summary>
    private CUdeviceptr InFormat(CUdeviceptr vector, long length, WeightType type)
    {
        if (type == WeightType.Float32) return vector;
        var copy = _shortBias.Get(length * type.Size());
        Finish(vector, WeightType.Float32, 1f, CUdeviceptr.Null, copy, type, Activation.None, Merge.Replace, checked((int)length), 1, 1);
        return copy;
    }

    /// <summary>
    /// What all addresses of a layer's products are multiples of, a power of two: those of the matrices, of each probe's part, and of the parts
    /// of 64 outputs that a matrix may be cut into.
    /// </summary>
    private static int AlignmentOf(Parameter weight, CudaActivations x, CUdeviceptr operand, CudaActivations y, WeightType result, CUdeviceptr target)
    {
        var (operandSize, resultSize) = (weight.Type.Size(), result.Size());
        var bits = Folding.PointerOf(weight).Address | operand.Address | target.Address | (ulong)(x.ProbeLength * operandSize) | (ulong)(y.ProbeLength * resultSize)
            | (ulong)(weight.Length * operandSize) | (64UL * (ulong)resultSize) | LargestAlignment;
        return (int)(bits & (~bits + 1));
    }

    /// <summary>A linear layer in one pass.</summary>
    private readonly record struct Linear(Parameter Weight, CudaActivations X, CudaActivations Y, WeightType Result, bool InputsFirst, CUdeviceptr Operand, int Alignment);
}
