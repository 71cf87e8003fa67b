using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Cli.Planning;

/// <summary>Memory that there is, in bytes.</summary>
/// <param name="Device">Of one device; where devices compute in host memory, of all of them together.</param>
/// <param name="Given">What may be taken of one device, by weights alone where it computes in host memory; null: all that there is.</param>
/// <param name="Host">What layers may take of host memory that stay on no device; null: all that there is.</param>
internal readonly record struct MemoryBudget(long Device, long? Given, long? Host);

/// <summary>The tier of each layer, and what each tier holds, placed as a run places them (<see cref="Placement"/>).</summary>
/// <param name="Resident">Layers that stay on every device.</param>
/// <param name="Sharded">Layers of which each device holds its part.</param>
/// <param name="Host">Layers in host memory.</param>
/// <param name="Disk">Layers on the disk.</param>
/// <param name="Buffers">Buffers for a part of a layer on each device.</param>
/// <param name="WorkingBytes">What passes take on a device besides weights.</param>
/// <param name="DeviceBytes">The peak on a device.</param>
/// <param name="HostBytes">In host memory.</param>
/// <param name="DiskBytes">On the disk: all blocks, with two versions of what is trained, so that a crash leaves one whole.</param>
internal sealed record TierPlan(int Resident, int Sharded, int Host, int Disk, int Buffers, long WorkingBytes, long DeviceBytes, long HostBytes, long DiskBytes)
{
    /// <summary>Fits a model into the budgets.</summary>
    /// <param name="request">The model, devices, and budgets.</param>
    /// <param name="working">What passes take on a device.</param>
    /// <param name="devices">How many share the layers.</param>
    /// <param name="tier">Where layers are that do not stay; null: in host memory if it holds them, else on disk.</param>
    /// <param name="hostFolds">Whether the host folds into layers that come from it.</param>
    /// <exception cref="BadInputException">A budget does not suffice; the message says what would.</exception>
    public static TierPlan Of(PlanRequest request, long working, int devices, OffloadTier? tier, bool hostFolds)
    {
        var (model, device, budget) = (request.Model, request.Device, request.Budget);
        // Where devices compute in host memory, what passes take is on top of what is placed.
        long? available = device.IsHost ? budget.Device - (devices * working) : null;
        var placement = Placement.Of(
            model.Held, tier, budget.Given, budget.Host, available, devices, hostFolds ? model.Transferred : null,
            device.IsHost ? null : new OwnMemory(device.Name, budget.Device, working), request.Buffers);
        var (streamed, host) = (placement.Streamed.Count, placement.StagingBytes + (placement.Tier == OffloadTier.Host ? placement.StreamedBytes : 0));
        var tiers = new TierPlan(
            model.Layers - streamed,
            placement.Tier == OffloadTier.Shard ? streamed : 0,
            placement.Tier == OffloadTier.Host ? streamed : 0,
            placement.Tier == OffloadTier.Disk ? streamed : 0,
            placement.Buffers,
            working,
            placement.DeviceBytes + working,
            host,
            placement.Tier == OffloadTier.Disk ? model.Bytes + model.TrainedBytes : 0);
        return device.IsHost && (devices * tiers.DeviceBytes) + host > budget.Device ? throw TooLarge(tiers, devices, budget.Device) : tiers;
    }

    /// <summary>One line for people.</summary>
    public string Describe()
    {
        var layers = Resident + Sharded + Host + Disk;
        if (Resident == layers) return $"all {layers} layers resident";
        var others = Sharded > 0 ? $"{Sharded} in parts on all devices" : Host > 0 ? $"{Host} streamed from host memory" : $"{Disk} streamed from disk";
        return $"{Resident} of {layers} layers resident; {others}, through {Buffers} buffers";
    }

    private static BadInputException TooLarge(TierPlan tiers, int devices, long memory) => new(
        $"--device: {Quantity.BytesGiven(memory)} of host memory do not hold the model with {tiers.Describe()}, which takes "
        + $"{Quantity.BytesNeeded((devices * tiers.DeviceBytes) + tiers.HostBytes)}, {Quantity.Bytes(devices * tiers.WorkingBytes)} of it for activations; "
        + "use --offload disk, a smaller --device-memory or batch, or a machine with at least that");
}
