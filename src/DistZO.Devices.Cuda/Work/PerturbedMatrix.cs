using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Some neighbouring probes that see the same z: both signs of a direction, or all that see the weights as they are.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many.</param>
/// <param name="SeesWeights">Whether they see the weights without any z.</param>
internal readonly record struct ProbeGroup(int First, int Count, bool SeesWeights)
{
    /// <summary>The groups of a pass, in order, for a tensor.</summary>
    public static List<ProbeGroup> Of(IReadOnlyList<Probe> probes, bool trainable)
    {
        List<ProbeGroup> groups = [];
        for (var i = 0; i < probes.Count;)
        {
            var plain = !trainable || !probes[i].Perturbed;
            var end = i + 1;
            while (end < probes.Count && (plain ? !trainable || !probes[end].Perturbed : probes[end].Perturbed && probes[end].Seed == probes[i].Seed)) end++;
            groups.Add(new ProbeGroup(i, end - i, plain));
            i = end;
        }

        return groups;
    }
}

/// <summary>How kernels read a tensor.</summary>
/// <param name="Type">The format that its memory holds, but for packed float8.</param>
/// <param name="Rounding">As transfer.cuh names it.</param>
internal readonly record struct WeightSource(WeightType Type, int Rounding)
{
    private const int AsHeld = 0;
    private const int ToBFloat16 = 1;
    private const int ToFloat8 = 2;
    private const int PackedFloat8 = 3;

    /// <summary>Whether probes see the very numbers that are stored, in the tensor's format.</summary>
    public bool IsAsHeld(Parameter parameter) => Rounding == AsHeld && Type == parameter.Type;

    /// <summary>In a pass.</summary>
    public static WeightSource Of(Pass pass, Parameter parameter) => (parameter.IsPacked, pass.IsRounded ? parameter.Transfer : null) switch
    {
        (true, _) => parameter.Transfer == TransferType.BFloat16 ? new(WeightType.BFloat16, AsHeld) : new(parameter.Type, PackedFloat8),
        (_, TransferType.BFloat16) => new(parameter.Type, ToBFloat16),
        (_, TransferType.Float8) => new(parameter.Type, ToFloat8),
        _ => new(parameter.Type, AsHeld),
    };
}

/// <summary>A part of a matrix as the probes of a group see it, in the format that products compute in.</summary>
/// <param name="Pointer">Of the first probe's.</param>
/// <param name="Stride">Elements from one probe's to the next; 0 if all see the same.</param>
internal readonly record struct MatrixView(CUdeviceptr Pointer, long Stride);

/// <summary>Makes perturbed parts of matrices, rounded ones where a pass rounds, in memory that the next part takes the place of.</summary>
internal sealed class PerturbedMatrix(KernelModule kernels, PassData data, CudaPool pool, CUstream stream) : IDisposable
{
    private const int Threads = 256;
    private const int Group = 4;

    /// <summary>Bytes that a part may take for all probes of a group. A matrix goes through it in as many parts as it needs.</summary>
    public const long MostBytes = 64L << 20;

    private readonly Workspace _scratch = new(pool, stream);

    /// <summary>How many outputs of a matrix fit at once; a multiple of 64 where they do not all.</summary>
    public static int OutputsAtOnce(Pass pass, Parameter matrix, int outputs, int inputs, in ProbeGroup group)
    {
        if (IsStored(pass, matrix, group)) return outputs;
        var most = MostBytes / Math.Max(1L, (long)Views(group) * inputs * matrix.Type.Size()) / 64 * 64;
        return (int)Math.Clamp(most, Math.Min(64, outputs), outputs);
    }

    /// <summary>Outputs [first, first + count) of a folded matrix as a group of probes sees them, in the matrix's format.</summary>
    /// <param name="pass">Names the probes.</param>
    /// <param name="group">Which of them.</param>
    /// <param name="matrix">[outputs, inputs], or with <paramref name="inputsFirst"/> [inputs, outputs].</param>
    /// <param name="inputsFirst">How it lies.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="first">The first output.</param>
    /// <param name="count">How many.</param>
    public MatrixView View(Pass pass, in ProbeGroup group, Parameter matrix, bool inputsFirst, int inputs, int first, int count)
    {
        var (rows, length, pitch, start) = inputsFirst
            ? (inputs, count, (long)matrix.Columns, (long)first)
            : (1, checked(count * inputs), 0L, (long)first * inputs);
        if (IsStored(pass, matrix, group)) return new MatrixView(Folding.PointerOf(matrix) + (start * matrix.Type.Size()), 0);
        var elements = (long)rows * length;
        var (views, source) = (Views(group), WeightSource.Of(pass, matrix));
        var probes = data.Probes(pass.Probes) + (group.First * 16L);
        var result = _scratch.Get(elements * views * matrix.Type.Size());
        kernels.Launch(
            "perturb",
            KernelGrid.Over((elements / Group) + (2L * rows), Threads),
            Threads,
            0,
            stream,
            Folding.PointerOf(matrix),
            source.Type,
            source.Rounding,
            matrix.Length,
            matrix.Ordinal,
            matrix.Trainable,
            start,
            rows,
            length,
            pitch,
            probes,
            views,
            result,
            matrix.Type,
            elements);
        return new MatrixView(result, group.SeesWeights ? 0 : elements);
    }

    public void Dispose() => _scratch.Dispose();

    /// <summary>Whether a group sees what is stored, so that nothing has to be made.</summary>
    private static bool IsStored(Pass pass, Parameter matrix, in ProbeGroup group) => group.SeesWeights && WeightSource.Of(pass, matrix).IsAsHeld(matrix);

    /// <summary>Matrices that a group of probes sees: probes without z see one.</summary>
    private static int Views(in ProbeGroup group) => group.SeesWeights ? 1 : group.Count;
}
