using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Planning;

/// <summary>Memory that there is, in bytes.</summary>
/// <param name="Device">Of one device.</param>
/// <param name="Weights">Of that, what weights may take; null: what activations leave.</param>
/// <param name="Host">Of the node, for layers that stay on no device; null: enough.</param>
internal readonly record struct MemoryBudget(long Device, long? Weights, long? Host);

/// <summary>What a device needs besides its layers, in bytes.</summary>
/// <param name="Ends">Embedding and head.</param>
/// <param name="Activations">Of its share.</param>
/// <param name="Scratch">For perturbed weights.</param>
internal readonly record struct FixedNeeds(long Ends, long Activations, long Scratch);

/// <summary>The tier of each layer, and what each tier holds, by the rules by which a run places them too.</summary>
/// <param name="Resident">Layers that stay on every device.</param>
/// <param name="Sharded">Layers of which each device holds its part.</param>
/// <param name="Host">Layers in host memory.</param>
/// <param name="Disk">Layers on the disk.</param>
/// <param name="Buffers">Buffers for a part of a layer on each device.</param>
/// <param name="DeviceBytes">The peak on a device.</param>
/// <param name="HostBytes">In host memory.</param>
/// <param name="DiskBytes">On the disk: two versions of a layer's trained weights, so that a crash leaves one whole.</param>
internal sealed record TierPlan(int Resident, int Sharded, int Host, int Disk, int Buffers, long DeviceBytes, long HostBytes, long DiskBytes)
{
    /// <summary>The fewest buffers with which anything overlaps.</summary>
    private const int FewestBuffers = 2;

    /// <summary>Fits a model into the budgets.</summary>
    /// <param name="model">The model.</param>
    /// <param name="needs">What is needed besides.</param>
    /// <param name="budget">What there is.</param>
    /// <param name="tier">Where layers are that do not stay; null: in host memory if it holds them, else on disk.</param>
    /// <param name="buffers">The most buffers to use; with less memory fewer.</param>
    /// <returns>Never parts; see <see cref="Shard"/>.</returns>
    /// <exception cref="BadInputException">A budget does not suffice; the message says what would.</exception>
    public static TierPlan Fit(ModelSize model, FixedNeeds needs, MemoryBudget budget, OffloadTier? tier, int buffers)
    {
        var (layers, block, part) = (model.Layers, model.BlockBytes, model.PartBytes);
        var room = Room(needs, budget);
        if (tier is null or OffloadTier.None && layers * block <= room) return new TierPlan(layers, 0, 0, 0, 0, Besides(needs) + (layers * block), 0, 0);
        if (tier == OffloadTier.None) throw TooSmall("all of the model,", layers * block, budget, needs);
        if (room < FewestBuffers * part) throw TooSmall("even one part of a layer at a time (two buffers),", FewestBuffers * part, budget, needs);
        var used = (int)Math.Min(buffers, room / part);
        // Who names a tier and no budget wants all of the layers there.
        var resident = tier is null || budget.Weights is not null ? (int)Math.Min((room - (used * part)) / block, layers - 1) : 0;
        var streamed = layers - resident;
        used = Math.Min(used, streamed * model.Parts);
        tier ??= budget.Host is not { } host || streamed * block <= host ? OffloadTier.Host : OffloadTier.Disk;
        var device = Besides(needs) + (used * part) + (resident * block);
        if (tier == OffloadTier.Disk) return new TierPlan(resident, 0, 0, streamed, used, device, 0, streamed * (block + model.BlockTrainedBytes));
        return streamed * block <= (budget.Host ?? long.MaxValue)
            ? new TierPlan(resident, 0, streamed, 0, used, device, streamed * block, 0)
            : throw new BadInputException(
                $"--host-memory: {Quantity.BytesGiven(budget.Host!.Value)} do not hold {streamed} layers, which take {Quantity.BytesNeeded(streamed * block)}; "
                + "give more, or --offload disk");
    }

    /// <summary>The same without a host: each device holds some layers whole, and its part of the others. Null if that does not fit; <see cref="ShardsTooSmall"/> says why.</summary>
    /// <param name="model">The model.</param>
    /// <param name="needs">What is needed besides.</param>
    /// <param name="budget">What there is.</param>
    /// <param name="tier">Null for parts as one way among others.</param>
    /// <param name="buffers">The most buffers to use.</param>
    /// <param name="devices">That share the layers.</param>
    public static TierPlan? Shard(ModelSize model, FixedNeeds needs, MemoryBudget budget, OffloadTier? tier, int buffers, int devices)
    {
        var (layers, block) = (model.Layers, model.BlockBytes);
        var slice = (block + devices - 1) / devices;
        var room = Room(needs, budget);
        var used = (int)Math.Min(buffers, (room - (layers * slice)) / model.PartBytes);
        if (used < FewestBuffers) return null;
        // M whole layers and the others' slices: M·block + (L − M)·slice ≤ room. Who names the tier wants some layers there, or all without a budget.
        var whole = (int)Math.Min(tier is null ? layers : layers - 1, (room - (layers * slice) - (used * model.PartBytes)) / (block - slice));
        if (tier is not null && budget.Weights is null) whole = 0;
        used = tier is null ? used : Math.Min(used, (layers - whole) * model.Parts);
        return new TierPlan(whole, layers - whole, 0, 0, used, Besides(needs) + (used * model.PartBytes) + (whole * block) + ((layers - whole) * slice), 0, 0);
    }

    /// <summary>What to throw where layers are to be in parts on all devices and no number of devices holds them.</summary>
    public static BadInputException ShardsTooSmall(ModelSize model, FixedNeeds needs, MemoryBudget budget, int devices) => TooSmall(
        $"a slice of each of {model.Layers} layers and two buffers,",
        (model.Layers * ((model.BlockBytes + devices - 1) / devices)) + (FewestBuffers * model.PartBytes),
        budget,
        needs);

    /// <summary>One line for people.</summary>
    public string Describe()
    {
        var layers = Resident + Sharded + Host + Disk;
        if (Resident == layers) return $"all {layers} layers resident";
        var others = Sharded > 0 ? $"{Sharded} in parts on all devices" : Host > 0 ? $"{Host} streamed from host memory" : $"{Disk} streamed from disk";
        return $"{Resident} of {layers} layers resident; {others}, through {Buffers} buffers";
    }

    private static long Besides(FixedNeeds needs) => needs.Ends + needs.Activations + needs.Scratch;

    /// <summary>Bytes for layers.</summary>
    private static long Room(FixedNeeds needs, MemoryBudget budget) =>
        Math.Min(budget.Weights ?? long.MaxValue, budget.Device - needs.Activations - needs.Scratch) - needs.Ends;

    private static BadInputException TooSmall(string what, long layers, MemoryBudget budget, FixedNeeds needs)
    {
        var weights = needs.Ends + layers;
        return budget.Weights is { } given && given < weights
            ? new(
                $"--device-memory: {Quantity.BytesGiven(given)} do not hold {what} which takes {Quantity.BytesNeeded(weights)}, "
                + $"{Quantity.Bytes(needs.Ends)} of it for embedding and head; give at least that")
            : new(
                $"--device: {Quantity.BytesGiven(budget.Device)} do not hold {what} which takes {Quantity.BytesNeeded(Besides(needs) + layers)} "
                + $"(embedding and head {Quantity.Bytes(needs.Ends)}, activations {Quantity.Bytes(needs.Activations)}, "
                + $"perturbed weights {Quantity.Bytes(needs.Scratch)}); use one with at least that, or a smaller batch");
    }
}
