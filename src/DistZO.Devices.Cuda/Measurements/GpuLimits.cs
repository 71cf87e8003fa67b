using System.Diagnostics;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>What a GPU reaches at best in the parts of a step, measured: medians of several rounds.</summary>
/// <param name="device">Is used by nobody else meanwhile.</param>
public sealed unsafe class GpuLimits(CudaDevice device)
{
    private const int Rounds = 5;
    private const int CallsARound = 8;

    /// <summary>Bytes a second that a copy within its memory reads and writes.</summary>
    public double CopyBytes(long bytes)
    {
        using var memory = device.Allocate(2 * bytes);
        var (from, to) = (CudaMemory.At(memory, 0, bytes), CudaMemory.At(memory, bytes, bytes));
        return 2 * bytes / Seconds(() => Check.Driver(CudaDriver.cuMemcpyDtoDAsync_v2(to, from, (nuint)bytes, device.Stream), "copy"));
    }

    /// <summary>Floating-point operations a second of cuBLASLt's product of [tokens, inputs] and [outputs, inputs].</summary>
    public double ProductOperations(int tokens, int inputs, int outputs, WeightType type)
    {
        var size = type.Size();
        // Random numbers: products of zeros are faster than those of a model.
        using var weights = Normal([outputs, inputs], type);
        using var tokensOf = Normal([tokens, inputs], type);
        using var result = device.Allocate((long)tokens * outputs * size);
        var shape = new MatrixShape(outputs, inputs, tokens, false, outputs, 1, 0, 0, 0, type, type, false, false, 0, 256);
        var seconds = Seconds(() => device.Products.Run(
            shape, Folding.PointerOf(weights), Folding.PointerOf(tokensOf), ((CudaMemory)result).Pointer, CUdeviceptr.Null, accumulate: false));
        return 2.0 * tokens * inputs * outputs / seconds;
    }

    /// <summary>Weights a second that are seen by both probes of a direction.</summary>
    public double Perturbed(int rows, int columns, WeightType type)
    {
        using var matrix = Normal([rows, columns], type);
        var pass = new Pass
        {
            Tokens = new[] { 0 },
            Sequences = [new TokenSequence(0, 1, 0, 0)],
            Probes = [new Probe(7, 1e-3f), new Probe(7, -1e-3f)],
            Updates = new UpdateHistory(),
            Step = 0,
        };
        var group = new ProbeGroup(0, 2, SeesWeights: false);
        var most = PerturbedMatrix.OutputsAtOnce(pass, matrix, rows, columns, group);
        return (double)most * columns / Seconds(() => device.Perturbed.View(pass, group, matrix, inputsFirst: false, columns, 0, most));
    }

    /// <summary>Weights a second into which a commit of one direction is folded.</summary>
    public double Folded(int rows, int columns, WeightType type)
    {
        using var matrix = Normal([rows, columns], type);
        var updates = new UpdateHistory();
        for (var i = 0; i <= (Rounds + 1) * CallsARound; i++) updates.Append(new WeightUpdate(1f, [new UpdateDirection((ulong)i, 1e-6f)]));
        var step = 0;
        matrix.FoldedTo = 0;
        return matrix.Length / Seconds(() => device.Fold(matrix, updates, ++step));
    }

    private Parameter Normal(long[] shape, WeightType type)
    {
        var length = shape[0] * shape[1];
        var parameter = new Parameter("measured", shape, TensorRole.Bias, 1, trainable: true, type, device.Allocate(length * type.Size()));
        var update = new UpdateHistory();
        update.Append(new WeightUpdate(1f, [new UpdateDirection(3, 0.02f)]));
        device.Fold(parameter, update, 1);
        parameter.FoldedTo = 0;
        return parameter;
    }

    private double Seconds(Action call)
    {
        var seconds = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            device.Synchronize();
            var began = Stopwatch.GetTimestamp();
            for (var i = 0; i < CallsARound; i++) call();
            device.Synchronize();
            // The first one warms up.
            if (round > 0) seconds.Add(Stopwatch.GetElapsedTime(began).TotalSeconds / CallsARound);
        }

        seconds.Sort();
        return seconds[seconds.Count / 2];
    }
}
