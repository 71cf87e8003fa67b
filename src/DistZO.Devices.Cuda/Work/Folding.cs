using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Folds commits into weights, and shows small tensors as probes see them.</summary>
internal sealed class Folding(KernelModule kernels, PassData data, CUstream stream)
{
    private const int Threads = 256;

    /// <summary>Elements that share a block of random numbers.</summary>
    private const int Group = 8;

    /// <summary>Folds what a parameter lacks up to a step.</summary>
    public void Fold(Parameter parameter, UpdateHistory updates, int step)
    {
        var lacking = updates.Between(parameter.FoldedTo, step);
        if (parameter.Trainable && lacking.Length > 0)
        {
            var pending = data.Pending(lacking);
            if (pending.ChangesWeights)
                Launch(PointerOf(parameter), parameter.Type, parameter.Ordinal, parameter.Role.Decays(), 0, parameter.Length, pending);
        }

        parameter.FoldedTo = step;
    }

    /// <summary>Folds commits into some elements of a tensor.</summary>
    public void Fold(in FoldRange range, WeightUpdate[] updates)
    {
        var pending = data.Pending(updates);
        if (!pending.ChangesWeights || range.Count == 0) return;
        var zero = ((CudaMemory)range.Memory).Pointer - (range.First * range.Type.Size());
        Launch(zero, range.Type, range.Ordinal, range.Decays, range.Start, range.Count, pending);
    }

    /// <summary>Folds a vector, and writes it as each probe sees it: float32, [probe][element].</summary>
    public void View(Pass pass, Parameter vector, CUdeviceptr result)
    {
        var pending = data.Pending(vector.Trainable ? pass.Updates.Between(vector.FoldedTo, pass.Step) : []);
        var probes = data.Probes(pass.Probes);
        kernels.Launch(
            "view",
            KernelGrid.Over((vector.Length + Group - 1) / Group, Threads),
            Threads,
            0,
            stream,
            PointerOf(vector),
            vector.Type,
            vector.Ordinal,
            vector.Role.Decays(),
            vector.Trainable,
            checked((int)vector.Length),
            pending.Updates,
            pending.ChangesWeights ? pending.Count : 0,
            pending.Directions,
            probes,
            pass.Probes.Count,
            result);
        vector.FoldedTo = pass.Step;
    }

    /// <summary>The first element of a parameter.</summary>
    public static CUdeviceptr PointerOf(Parameter parameter) => ((CudaMemory)parameter.Storage).Pointer;

    private void Launch(CUdeviceptr zero, WeightType type, int ordinal, bool decays, long start, long count, in PendingUpdates pending) =>
        kernels.Launch(
            "fold",
            KernelGrid.Over((count / Group) + 2, Threads),
            Threads,
            0,
            stream,
            zero,
            type,
            ordinal,
            decays,
            start,
            count,
            pending.Updates,
            pending.Count,
            pending.Directions);
}
