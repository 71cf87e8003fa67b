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
    /// <summary>Loads a model as it is, all of it, or with an adapter over it. What is then the base's own keeps the format of the checkpoint, as it did when the adapter was trained.</summary>
    /// <param name="device">Where it is computed.</param>
    /// <param name="checkpoint">The model, or the base.</param>
    /// <param name="adapter">Over it; null for none.</param>
    /// <param name="recipe">How and where weights are held.</param>
    /// <param name="passes">Gives the largest passes that will be made, of the model with what is added to it.</param>
    /// <param name="notice">Told, in a line for people, where the weights are and what was found there.</param>
    public static Model Load(
        Device device, Checkpoint checkpoint, PeftAdapter? adapter, Recipe recipe, Func<ModelArchitecture, IReadOnlyList<PassSize>> passes, Action<string> notice)
    {
        var part = adapter?.Part ?? ModelPart.Full(ModelFamilies.Describe(checkpoint));
        var placement = Place([device], checkpoint, part, recipe, passes(part.Architecture));
        foreach (var line in placement.Lines) notice(line);
        return Load(device, checkpoint, part, recipe, placement, () => BaseModel.Digest(checkpoint), notice, adapter?.Values);
    }

    /// <summary>Loads the model of a checkpoint, of which a part is trained; see <see cref="ModelLoader.Load"/>.</summary>
    /// <param name="device">Where it is computed.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="part">What is trained.</param>
    /// <param name="recipe">How weights are held, and where on disk.</param>
    /// <param name="placement">Where they are.</param>
    /// <param name="baseDigest">Digest of the base; called where weights are stored on disk.</param>
    /// <param name="notice">Told, in a line for people, what was found there.</param>
    /// <param name="initial">What added tensors start from; null to make it.</param>
    /// <param name="trace">Takes what is computed and moved when; null for nobody.</param>
    /// <exception cref="RunFailedException">The device fails its self-test, or memory or disk do not suffice.</exception>
    public static Model Load(
        Device device,
        Checkpoint checkpoint,
        ModelPart part,
        Recipe recipe,
        Placement placement,
        Func<string> baseDigest,
        Action<string> notice,
        InitialValues? initial = null,
        ITraceSink? trace = null)
    {
        DeviceSelfTest.Require(device);
        var model = Load(device, checkpoint, part, recipe, Offload(recipe, placement, baseDigest, notice, trace), initial);
        model.Trace = trace;
        return model;
    }

    /// <summary>As above, on the slots of a node.</summary>
    /// <param name="devices">By slot.</param>
    /// <param name="network">The links between them.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="part">What is trained.</param>
    /// <param name="recipe">How weights are held, and where on disk.</param>
    /// <param name="placement">Where they are.</param>
    /// <param name="baseDigest">Digest of the base; called where weights are stored on disk.</param>
    /// <param name="notice">Told, in a line for people, what was found there.</param>
    /// <param name="trace">Takes what is computed and moved when; null for nobody.</param>
    public static ModelSlots Load(
        IReadOnlyList<Device> devices,
        SlotNetwork network,
        Checkpoint checkpoint,
        ModelPart part,
        Recipe recipe,
        Placement placement,
        Func<string> baseDigest,
        Action<string> notice,
        ITraceSink? trace = null)
    {
        DeviceSelfTest.Require(devices[0]);
        var slots = ModelSlots.Load(
            devices,
            network,
            Offload(recipe, placement, baseDigest, notice, trace),
            (device, offloading, initial) => Load(device, checkpoint, part, recipe, offloading, initial));
        foreach (var (slot, model) in slots.Models.Index())
        {
            model.Trace = trace;
            if (devices.Count > 1) (model.Track, model.HostTrack) = ($"slot {slot} {model.Track}", $"slot {slot} {model.HostTrack}");
        }

        return slots;
    }

    /// <summary>Decides where the weights of a model go.</summary>
    /// <param name="devices">By slot.</param>
    /// <param name="checkpoint">The base.</param>
    /// <param name="part">What of it is trained.</param>
    /// <param name="recipe">What the user wants.</param>
    /// <param name="passes">The largest passes that the run makes; none where it only folds.</param>
    /// <param name="network">Device slots that share this machine's memory; null for one alone.</param>
    /// <exception cref="BadInputException">A budget does not suffice, or the slots cannot share as the recipe wants.</exception>
    /// <exception cref="RunFailedException">This machine has too little memory; the message says what is needed.</exception>
    public static Placement Place(
        IReadOnlyList<Device> devices, Checkpoint checkpoint, ModelPart part, Recipe recipe, IReadOnlyList<PassSize> passes, SlotNetwork? network = null)
    {
        var slots = network?.Slots ?? 1;
        SlotSharing.Require(recipe.Get(RecipeKeys.Offload), slots, network?.HasFabric ?? false);
        var (type, tier) = (recipe.Get(RecipeKeys.WeightsDtype), recipe.Get(RecipeKeys.Offload));
        var types = part.Tensors.ToDictionary(tensor => tensor.Name, tensor => TypeOf(checkpoint, part, type, tensor));
        var blocks = Placement.SizesOf(part, types);
        // Only the passes of slots bring what the host has folded.
        var folded = network is not null && tier != OffloadTier.Shard && Folding.IsOnHost(recipe) ? Placement.SizesOf(part, types, recipe.Get(RecipeKeys.TransferDtype)) : null;
        var available = MachineResources.Read(checkpoint.Directory).AvailableMemory;
        var own = OwnMemory.Of(devices, imagined => WorkingMemory.Of(imagined, part, types, recipe.Get(RecipeKeys.TransferDtype), passes));
        var placement = Placement.Of(blocks, tier, recipe.Get(RecipeKeys.DeviceMemory), recipe.Get(RecipeKeys.HostMemory), available, slots, folded, own);
        var inHost = placement.StagingBytes + (placement.Tier == OffloadTier.Host ? placement.StreamedBytes : 0) + (own is null ? placement.DeviceBytes * slots : 0);
        if (available is { } memory && inHost > memory) throw TooLarge(checkpoint, placement, type, inHost, memory, own is not null);
        return placement with { Idle = IdleKeys.Notice(recipe, placement.Tier) };
    }

    private static Model Load(
        Device device, Checkpoint checkpoint, ModelPart part, Recipe recipe, Offloading? offloading, InitialValues? initial) => ModelLoader.Load(
        device,
        checkpoint,
        part,
        recipe.Get(RecipeKeys.WeightsDtype),
        recipe.Get(RecipeKeys.Seed),
        initial,
        offloading,
        recipe.Get(RecipeKeys.TransferDtype));

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
            FoldsOnHost = Folding.IsOnHost(recipe, placement.Tier),
            IsSharded = placement.Tier == OffloadTier.Shard,
            Open = (layouts, values) => BlockStores.Open(placement, recipe, values.Digest, baseDigest, layouts, notice),
        };

    // One that is missing is told when it is loaded.
    private static WeightType TypeOf(Checkpoint checkpoint, ModelPart part, WeightType type, TensorSpec tensor) =>
        !part.IsTrained(tensor) && checkpoint.TryGet(tensor.Name, out var stored) ? stored.WeightType : type;

    private static RunFailedException TooLarge(Checkpoint checkpoint, Placement placement, WeightType type, long needed, long available, bool isBesideDevice)
    {
        if (isBesideDevice)
        {
            return new RunFailedException(
                $"not enough memory: the layers of '{checkpoint.Directory}' that the device does not hold take {Quantity.BytesNeeded(needed)} in host memory as {type.Name()} "
                + $"and {Quantity.BytesGiven(available)} are available; use --offload disk, or a larger machine");
        }

        var what = placement.Tier switch
        {
            OffloadTier.None => "the weights",
            OffloadTier.Host => "the weights and the buffers of layers",
            _ => "embedding, head and the buffers of layers",
        };
        var offload = placement.Tier is OffloadTier.None or OffloadTier.Host ? "--offload disk, " : "";
        var smaller = type == WeightType.Float32 ? "--weights-dtype bfloat16, " : "";
        return new RunFailedException(
            $"not enough memory: {what} of '{checkpoint.Directory}' take {Quantity.BytesNeeded(needed)} as {type.Name()} and {Quantity.BytesGiven(available)} are available; "
            + $"use {offload}{smaller}or a larger machine");
    }
}
