using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>Which layers of a model stay on the device, and where the others are.</summary>
/// <param name="Tier">Where the layers are that do not stay.</param>
/// <param name="Streamed">Their numbers, spread evenly over the model so that their uploads are too.</param>
/// <param name="Layers">Layers in all.</param>
/// <param name="Buffers">Parts of layers that the device has memory for at once, of those that do not stay.</param>
/// <param name="DeviceBytes">What weights take on the device, the buffers included.</param>
/// <param name="StreamedBytes">What those that do not stay take where they are.</param>
public sealed record Placement(OffloadTier Tier, IReadOnlySet<int> Streamed, int Layers, int Buffers, long DeviceBytes, long StreamedBytes)
{
    /// <summary>Two uploads would need a third buffer; with two, a write-back holds the next upload up.</summary>
    private const int FewestBuffers = 2;

    /// <summary>One line for people; null where all layers stay.</summary>
    public string? Description => Tier == OffloadTier.None
        ? null
        : $"{Streamed.Count} of {Layers} layers come from {Place} ({Quantity.Bytes(StreamedBytes)}), "
            + $"through {Buffers} buffers; weights take {Quantity.Bytes(DeviceBytes)} on {(Slots == 1 ? "the device" : $"each of {Slots} slots")}"
            + (WorkingBytes > 0 ? $", passes up to {Quantity.Bytes(WorkingBytes)}" : "")
            + (StagingBytes > 0 ? $", and the host, which folds, takes {Quantity.Bytes(StagingBytes)} for what is on its way" : "");

    /// <summary>Slots that share the layers.</summary>
    public int Slots { get; private init; } = 1;

    /// <summary>What passes take on the device besides weights; 0 where they are in host memory.</summary>
    public long WorkingBytes { get; private init; }

    /// <summary>What weights take in host memory on their way, where the host folds.</summary>
    public long StagingBytes { get; private init; }

    /// <summary>For people, a line each: where the layers are, and which keys say nothing here.</summary>
    public IEnumerable<string> Lines => new[] { Description, Idle }.OfType<string>();

    /// <summary>Keys without effect, in one line; null for none.</summary>
    public string? Idle { get; init; }

    private string Place => Tier switch { OffloadTier.Disk => "disk", OffloadTier.Shard => "slices on all slots", _ => "host memory" };

    /// <summary>Bytes of each block's parts in the order of a pass: the embedding, the layers, the head.</summary>
    /// <param name="part">The model.</param>
    /// <param name="types">The number format of each tensor.</param>
    /// <param name="transfer">What they are rounded to on their way; null for as they are held.</param>
    public static IReadOnlyList<IReadOnlyList<long>> SizesOf(ModelPart part, IReadOnlyDictionary<string, WeightType> types, TransferType? transfer = null) =>
        [.. part.Architecture.Blocks.Select(block => block.Parts.Select(one => one.Tensors.Sum(tensor => tensor.BytesOf(types[tensor.Name], transfer))).ToArray())];

    /// <summary>Places a model.</summary>
    /// <param name="blocks">As <see cref="SizesOf"/>.</param>
    /// <param name="tier">What the user wants; null to choose.</param>
    /// <param name="deviceMemory">
    /// Bytes that may be taken on the device, by weights alone where it computes in host memory; null for all that there is.
    /// </param>
    /// <param name="hostMemory">Bytes that they may take in host memory.</param>
    /// <param name="available">Bytes of memory that this machine has left; null where that cannot be known.</param>
    /// <param name="slots">Device slots that share the layers; each has <paramref name="deviceMemory"/>.</param>
    /// <param name="folded">The same as they come to the device where the host folds and rounds; null where it does not.</param>
    /// <param name="own">The device's own memory; null where it computes in host memory.</param>
    /// <param name="buffers">The most buffers; with less memory fewer.</param>
    /// <exception cref="BadInputException">A budget does not suffice; the message says what would.</exception>
    public static Placement Of(
        IReadOnlyList<IReadOnlyList<long>> blocks, OffloadTier? tier, long? deviceMemory, long? hostMemory, long? available, int slots = 1,
        IReadOnlyList<IReadOnlyList<long>>? folded = null, OwnMemory? own = null, int buffers = Offloading.DefaultBuffers)
    {
        var parts = blocks.Skip(1).SkipLast(1).ToList();
        var layers = parts.ConvertAll(layer => layer.Sum());
        long fixedBytes = blocks[0].Sum() + blocks[^1].Sum(), all = fixedBytes + layers.Sum(), largest = parts.Max(layer => layer.Max());
        var buffer = folded?.Skip(1).SkipLast(1).Max(layer => layer.Max()) ?? largest;
        var (isGiven, working) = (deviceMemory is { } given && !(given > own?.Free), own?.Working ?? 0);
        var budget = isGiven ? deviceMemory!.Value : own?.Free ?? available / slots ?? long.MaxValue;
        var (device, isBound) = (budget - working, isGiven || own is not null);
        // What of a layer that does not stay is on each slot for good.
        long kept = tier == OffloadTier.Shard ? (layers.Max() + slots - 1) / slots : 0;
        if (tier == OffloadTier.None || (tier is null && all <= device))
        {
            if (all > device && isBound) throw TooSmall(all, "with offload: none all weights stay on the device");
            return new Placement(OffloadTier.None, new HashSet<int>(), layers.Count, 0, all, 0) { Slots = slots, WorkingBytes = working };
        }

        var slices = layers.Count * kept;
        var needed = fixedBytes + slices + InBuffers(Math.Min(FewestBuffers, parts.Sum(layer => layer.Count)));
        if (isBound && device < needed)
        {
            throw TooSmall(needed, $"embedding and head take {Quantity.Bytes(fixedBytes)}, each of two buffers {Quantity.Bytes(buffer)} for the largest part of a layer"
                + (folded is not null ? $", but together at least the {Quantity.Bytes(largest)} of one as it is held" : "")
                + (slices > 0 ? $", and a slot's slices of the layers {Quantity.Bytes(slices)}" : ""));
        }

        (var resident, buffers) = Fit(layers.Count, fixedBytes + slices, layers.Max() - kept, InBuffers, buffers, tier is null || deviceMemory is not null ? device : 0);
        var streamed = Spread(layers.Count, layers.Count - resident);
        var streamedBytes = streamed.Sum(layer => layers[layer]);
        var streamedParts = streamed.Sum(layer => parts[layer].Count);
        buffers = Math.Min(buffers, streamedParts);
        var staging = folded is null ? 0 : buffers * buffer;
        var host = hostMemory ?? available ?? long.MaxValue;
        tier ??= isBound && streamedBytes + staging <= host ? OffloadTier.Host : OffloadTier.Disk;
        if (tier == OffloadTier.Host && streamedBytes + staging > hostMemory)
        {
            throw new BadInputException(
                $"--host-memory {Quantity.BytesGiven(hostMemory.Value)} does not hold {streamed.Count} layers"
                + (staging > 0 ? $" and {buffers} parts of them once more as they go to the device" : "")
                + $", which take {Quantity.BytesNeeded(streamedBytes + staging)}; give at least that, or use --offload disk");
        }

        // From disk a part comes through host memory.
        if (folded is not null && tier == OffloadTier.Disk) staging += Math.Min(Offloading.DefaultBuffers, streamedParts) * largest;
        var onDevice = all - streamedBytes + InBuffers(buffers) + (tier == OffloadTier.Shard ? (streamedBytes + slots - 1) / slots : 0);
        return new Placement(tier.Value, streamed, layers.Count, buffers, onDevice, streamedBytes) { Slots = slots, StagingBytes = staging, WorkingBytes = working };

        // Evaluations see parts as they are held.
        long InBuffers(int count) => folded is null ? count * largest : Math.Max(count * buffer, largest);

        BadInputException TooSmall(long needed, string why) =>
            new((isGiven ? $"--device-memory {Quantity.BytesGiven(budget)} is" : $"{Quantity.BytesGiven(budget)} that may be taken on {own!.Name} are")
                + $" too small for this model: {Quantity.BytesNeeded(needed + working)} are needed in all, since {why}"
                + (working > 0 ? $", and the largest pass takes {Quantity.Bytes(working)} for activations and scratch; smaller batches take less" : ""));
    }

    /// <summary>As many layers as fit beside the buffers stay; where not all buffers fit, fewer.</summary>
    /// <param name="layers">In all.</param>
    /// <param name="fixedBytes">What is on the device in any case.</param>
    /// <param name="more">What a layer takes more that stays.</param>
    /// <param name="inBuffers">Bytes of so many buffers.</param>
    /// <param name="buffers">The most.</param>
    /// <param name="device">Bytes for all; 0 for as few layers as can be.</param>
    private static (int Resident, int Buffers) Fit(int layers, long fixedBytes, long more, Func<int, long> inBuffers, int buffers, long device)
    {
        var room = Math.Max(0, device - fixedBytes);
        while (device > 0 && buffers > FewestBuffers && inBuffers(buffers) > room) buffers--;
        return ((int)Math.Clamp((room - inBuffers(buffers)) / Math.Max(1, more), 0, layers - 1), buffers);
    }

    private static HashSet<int> Spread(int layers, int streamed) => [.. Enumerable.Range(0, streamed).Select(i => (int)((long)i * layers / streamed))];
}
