namespace DistZO.Devices.Tests;

/// <summary>Updates whose steps are large against the weights, so that errors show.</summary>
internal static class SampleUpdates
{
    public static WeightUpdate[] Create(int steps, int directions)
    {
        var updates = new WeightUpdate[steps];
        for (var i = 0; i < steps; i++)
        {
            var list = new UpdateDirection[directions];
            for (var d = 0; d < directions; d++)
                list[d] = new UpdateDirection(Philox.DirectionSeed(42, i, d), 1e-3f * (i + 1) * ((d & 1) == 0 ? 1 : -3));
            updates[i] = new WeightUpdate(1f - i / 512f, list);
        }

        return updates;
    }
}
