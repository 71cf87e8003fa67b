using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Worker;

/// <summary>How long a device needs to make z for all trained weights of a model: what every share costs, however few its cells are.</summary>
internal static class PerturbationSpeed
{
    private const int Sample = 1 << 21;

    /// <summary>Measures it on some weights of its own, in a few milliseconds; in seconds.</summary>
    public static double Measure(Model model, TimeProvider time)
    {
        var length = (int)Math.Min(Sample, model.TrainedCount);
        using var weights = new Parameter(
            "speed", [length], TensorRole.Matrix, 0, trainable: true, WeightType.Float32, model.Device.Allocate((long)length * sizeof(float)));
        var updates = new UpdateHistory();
        // The first pays for compilation.
        for (var i = 0; i < 2; i++) updates.Append(new WeightUpdate(1f, [new UpdateDirection(1, 1f)]));
        model.Device.Fold(weights, updates, 1);
        weights.FoldedTo = 1;
        var began = time.GetTimestamp();
        model.Device.Fold(weights, updates, 2);
        return time.GetElapsedTime(began).TotalSeconds * model.TrainedCount / length;
    }
}
