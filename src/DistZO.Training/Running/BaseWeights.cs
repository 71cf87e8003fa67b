using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>
/// Loads a base model onto a device that gives the known answers, whatever command wants it. A model that this machine has no memory
/// for is streamed from disk, or refused at once: allocating alone would succeed, and the process be killed without a word when the
/// memory is first touched.
/// </summary>
public static class BaseWeights
{
    /// <summary>
    /// Loads the model of a checkpoint; see <see cref="ModelLoader.Load"/>. Throws <see cref="RunFailedException"/> where memory cannot
    /// suffice or the device fails its self-test.
    /// </summary>
    public static Model Load(Device device, Checkpoint checkpoint, WeightType type)
    {
        var part = ModelPart.Full(ModelFamilies.Describe(checkpoint));
        if (MachineResources.Read(checkpoint.Directory).AvailableMemory is { } available) Require(checkpoint, Sizes(checkpoint, part, type).Sum(), type, available);
        DeviceSelfTest.Require(device);
        return ModelLoader.Load(device, checkpoint, part, type, seed: 0);
    }

    /// <summary>As above, with the part of the model that a recipe trains, placed as the recipe says, and what added tensors start from; null to make that.</summary>
    public static Model Load(Device device, Checkpoint checkpoint, Recipe recipe, InitialValues? initial = null) =>
        Load(device, checkpoint, recipe, Place(checkpoint, recipe), () => BaseModel.Digest(checkpoint), _ => { }, initial);

    /// <summary>As above, placed already.</summary>
    /// <param name="device">Where it is computed.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="recipe">What is trained, and how weights are held.</param>
    /// <param name="placement">Where they are.</param>
    /// <param name="baseDigest">Digest of the base; called where weights are stored on disk.</param>
    /// <param name="notice">Told, in a line for people, what was found there.</param>
    /// <param name="initial">What added tensors start from; null to make it.</param>
    /// <param name="trace">Takes what is computed and moved when; null for nobody.</param>
    public static Model Load(
        Device device,
        Checkpoint checkpoint,
        Recipe recipe,
        Placement placement,
        Func<string> baseDigest,
        Action<string> notice,
        InitialValues? initial = null,
        ITraceSink? trace = null)
    {
        DeviceSelfTest.Require(device);
        var model = Load(device, checkpoint, recipe, Offload(recipe, placement, baseDigest, notice, trace), initial);
        model.Trace = trace;
        return model;
    }

    /// <summary>As above, on the slots of a node.</summary>
    /// <param name="devices">By slot.</param>
    /// <param name="network">The links between them.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="recipe">What is trained, and how weights are held.</param>
    /// <param name="placement">Where they are.</param>
    /// <param name="baseDigest">Digest of the base; called where weights are stored on disk.</param>
    /// <param name="notice">Told, in a line for people, what was found there.</param>
    /// <param name="trace">Takes what is computed and moved when; null for nobody.</param>
    public static ModelSlots Load(
        IReadOnlyList<Device> devices,
        SlotNetwork network,
        Checkpoint checkpoint,
        Recipe recipe,
        Placement placement,
        Func<string> baseDigest,
        Action<string> notice,
        ITraceSink? trace = null)
    {
        if (placement.Tier == OffloadTier.Shard && !network.HasFabric)
            throw new BadInputException("offload: shard gathers layers over a fabric, and the topology has none; add fabric to it, or use --offload host");
        DeviceSelfTest.Require(devices[0]);
        var slots = ModelSlots.Load(
            devices,
            network,
            Offload(recipe, placement, baseDigest, notice, trace),
            (device, offloading, initial) => Load(device, checkpoint, recipe, offloading, initial));
        foreach (var (slot, model) in slots.Models.Index()) (model.Trace, model.Track) = (trace, devices.Count == 1 ? model.Track : $"slot {slot} {model.Track}");
        return slots;
    }

    /// <summary>Decides where the weights of a model go.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="recipe">What the user wants.</param>
    /// <param name="slots">Device slots that share this machine's memory.</param>
    public static Placement Place(Checkpoint checkpoint, Recipe recipe, int slots = 1)
    {
        var (type, tier) = (recipe.Get(RecipeKeys.WeightsDtype), recipe.Get(RecipeKeys.Offload));
        var blocks = Sizes(checkpoint, TrainedParts.Of(recipe, checkpoint), type);
        var available = MachineResources.Read(checkpoint.Directory).AvailableMemory;
        if (tier == OffloadTier.None && available is { } memory) Require(checkpoint, blocks.Sum() * slots, type, memory);
        return Placement.Of(blocks, tier, recipe.Get(RecipeKeys.DeviceMemory), recipe.Get(RecipeKeys.HostMemory), available, slots);
    }

    private static Model Load(Device device, Checkpoint checkpoint, Recipe recipe, Offloading? offloading, InitialValues? initial) => ModelLoader.Load(
        device,
        checkpoint,
        TrainedParts.Of(recipe, checkpoint),
        recipe.Get(RecipeKeys.WeightsDtype),
        recipe.Get(RecipeKeys.Seed),
        initial,
        offloading);

    private static Offloading? Offload(
        Recipe recipe, Placement placement, Func<string> baseDigest, Action<string> notice, ITraceSink? trace) =>
        placement.Tier == OffloadTier.None ? null : new Offloading
        {
            Layers = placement.Streamed,
            Buffers = placement.Buffers,
            Trace = trace,
            WriteBackSteps = recipe.Get(RecipeKeys.WriteBackSteps),
            StoresAll = placement.Tier == OffloadTier.Disk,
            SharesLink = placement.Tier == OffloadTier.Disk,
            IsSharded = placement.Tier == OffloadTier.Shard,
            Open = (layouts, values) => BlockStores.Open(placement, recipe, values.Digest, baseDigest, layouts, notice),
        };

    /// <summary>Bytes of each block.</summary>
    private static List<long> Sizes(Checkpoint checkpoint, ModelPart part, WeightType type)
    {
        return [.. part.Architecture.Blocks.Select(block => block.Tensors.Sum(tensor => tensor.Length * TypeOf(tensor).Size()))];

        // One that is missing is told when it is loaded.
        WeightType TypeOf(TensorSpec tensor) => !part.IsTrained(tensor) && checkpoint.TryGet(tensor.Name, out var stored) ? stored.WeightType : type;
    }

    private static void Require(Checkpoint checkpoint, long bytes, WeightType type, long available)
    {
        if (bytes <= available) return;
        throw new RunFailedException(
            $"not enough memory: the weights of '{checkpoint.Directory}' take {Quantity.Bytes(bytes)} as {type.Name()} and {Quantity.Bytes(available)} are available; "
            + (type == WeightType.Float32 ? "use --offload disk, --weights-dtype bfloat16, or a larger machine" : "use --offload disk, free memory, or use a larger machine"));
    }
}
