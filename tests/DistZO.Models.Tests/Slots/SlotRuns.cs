using DistZO.Devices;
using static DistZO.Models.Tests.Streaming.TinySteps;

namespace DistZO.Models.Tests.Slots;

/// <summary>What a run does with a tiny model on several slots, step by step.</summary>
internal static class SlotRuns
{
    private const int Steps = 9;

    /// <summary>Steps, with some commits pending at once now and then, and passes of the first slot alone; log-probabilities and digests.</summary>
    public static List<string> Run(
        string folder,
        IReadOnlyList<Device> devices,
        SlotNetwork network,
        Offloading? offloading,
        WeightType type,
        string part = "full",
        bool givesUp = false,
        TransferType? transfer = null)
    {
        using var checkpoint = Checkpoint.Open(folder);
        using var slots = ModelSlots.Load(devices, network, offloading, (device, own, _) => Load(device, checkpoint, own, type, part, transfer));
        var model = slots.Models[0];
        var seen = new List<string>();
        var updates = Updates(Steps);
        for (var step = 0; step <= Steps; step++)
        {
            if (step is 3 or 4) continue;
            if (givesUp) Assert.Throws<OperationCanceledException>(() => Step(slots, updates, step, step % Math.Min(3, devices.Count), 1 + (step % 5)));
            seen.AddRange(Step(slots, updates, step));
            if (step is 2 or 7) seen.AddRange(Step(slots, updates, step));
            if (step is 2 or 6) seen.AddRange(Pass(model, updates, step, [Probe.Plain]));
            if (step == 7)
            {
                ModelLoader.Reload(model, checkpoint);
                model.Fold(updates, 5);
            }
        }

        return [.. seen, .. Weights(model, updates)];
    }

    /// <summary>What a device sees that holds all of the model.</summary>
    public static List<string> Resident(string folder, WeightType type, TransferType? transfer = null, string part = "full")
    {
        using var device = new OwnedDevices([new ReferenceDevice()]);
        return Run(folder, device.All, SlotNetwork.Of(1), null, type, part, transfer: transfer);
    }

    /// <summary>One pass of all slots: each evaluates some of the probes, and one without any walks.</summary>
    public static IEnumerable<string> Step(ModelSlots slots, UpdateHistory updates, int step, int quits = -1, int givesUpAt = int.MaxValue)
    {
        var probes = Probes(step).ToArray();
        var results = new IEnumerable<string>[slots.Models.Count];
        // Three shares at most, so that the fourth slot has none.
        var shares = Math.Min(3, slots.Models.Count);
        slots.Run(slot =>
        {
            results[slot] = [];
            var own = slot < shares ? probes[(slot * 4 / shares)..((slot + 1) * 4 / shares)] : [];
            if (own.Length > 0) results[slot] = [.. Pass(slots.Models[slot], updates, step, own, slot == quits ? givesUpAt : int.MaxValue)];
            else slots.Walk(slot, updates, step, () => Assert.NotEqual(quits, slot));
        });
        return results.SelectMany(result => result);
    }
}

/// <summary>Devices of slots.</summary>
internal sealed class OwnedDevices(IReadOnlyList<Device> devices) : IDisposable
{
    public IReadOnlyList<Device> All => devices;

    public void Dispose()
    {
        foreach (var device in devices) device.Dispose();
    }
}
