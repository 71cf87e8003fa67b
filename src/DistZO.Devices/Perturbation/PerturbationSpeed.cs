namespace DistZO.Devices;

/// <summary>How long a device needs to make z for some weights and fold it in: what a visit of them costs beside computing.</summary>
public static class PerturbationSpeed
{
    private const int Sample = 1 << 21;

    /// <summary>Measures it on some weights of its own, in a few milliseconds; in seconds for one direction.</summary>
    /// <param name="device">Idle.</param>
    /// <param name="count">Weights.</param>
    /// <param name="type">Their number format.</param>
    /// <param name="time">The clock.</param>
    public static double Measure(Device device, long count, WeightType type, TimeProvider time)
    {
        var length = (int)Math.Min(Sample, count);
        if (length == 0) return 0;
        using var weights = new Parameter(
            "speed", [length], TensorRole.Matrix, 0, trainable: true, type, device.Allocate((long)length * type.Size()));
        var updates = new UpdateHistory();
        // The first pays for compilation.
        for (var i = 0; i < 2; i++) updates.Append(new WeightUpdate(1f, [new UpdateDirection(1, 1f)]));
        device.Fold(weights, updates, 1);
        weights.FoldedTo = 1;
        var began = time.GetTimestamp();
        device.Fold(weights, updates, 2);
        return time.GetElapsedTime(began).TotalSeconds * count / length;
    }
}
