using DistZO.Devices;

namespace DistZO.Cli.Planning;

/// <summary>Where the layers shall be.</summary>
internal enum Offload
{
    /// <summary>As many on the device as its memory holds, the next in host memory, the last on the disk.</summary>
    Auto,

    /// <summary>All on the device.</summary>
    None,

    /// <summary>All in host memory.</summary>
    Host,

    /// <summary>All on the disk.</summary>
    Disk,
}

/// <summary>Memory that there is, in bytes.</summary>
/// <param name="Device">Of one device.</param>
/// <param name="Host">Of the node, for blocks that are not on its devices; null: enough.</param>
internal readonly record struct MemoryBudget(long Device, long? Host);

/// <summary>What a device needs besides its layers, in bytes.</summary>
/// <param name="Ends">Embedding and head.</param>
/// <param name="Activations">Of its share.</param>
/// <param name="Scratch">For perturbed weights.</param>
internal readonly record struct FixedNeeds(long Ends, long Activations, long Scratch)
{
    public long Sum => Ends + Activations + Scratch;
}

/// <summary>The tier of each layer, and what each tier holds.</summary>
/// <param name="Resident">Layers that stay on every device.</param>
/// <param name="Sharded">Layers of which each device holds its part.</param>
/// <param name="Host">Layers in host memory.</param>
/// <param name="Disk">Layers on the disk.</param>
/// <param name="Buffers">Buffers for a whole layer on each device.</param>
/// <param name="DeviceBytes">The peak on a device.</param>
/// <param name="HostBytes">In host memory.</param>
/// <param name="DiskBytes">On the disk: two versions of the trained weights of a layer, so that a crash leaves one whole.</param>
internal sealed record Placement(int Resident, int Sharded, int Host, int Disk, int Buffers, long DeviceBytes, long HostBytes, long DiskBytes)
{
    /// <summary>The fewest buffers with which anything overlaps.</summary>
    private const int FewestBuffers = 2;

    /// <summary>Fits a model into the budgets.</summary>
    /// <param name="model">The model.</param>
    /// <param name="needs">What is needed besides.</param>
    /// <param name="budget">What there is.</param>
    /// <param name="offload">What is wanted.</param>
    /// <param name="buffers">The most buffers to use; with less memory fewer.</param>
    /// <param name="slots">Devices that hold a part each of what is sharded; 0: nothing is.</param>
    /// <returns>Null if parts do not fit.</returns>
    /// <exception cref="BadInputException">A budget does not suffice; the message says what would.</exception>
    public static Placement? Fit(ModelSize model, FixedNeeds needs, MemoryBudget budget, Offload offload, int buffers, int slots)
    {
        var (layers, block) = (model.Layers, model.BlockBytes);
        var all = needs.Sum + (layers * block);
        var room = budget.Device - needs.Sum;
        if (all <= budget.Device && offload is Offload.Auto or Offload.None) return new Placement(layers, 0, 0, 0, 0, all, 0, 0);
        if (offload == Offload.None) throw TooSmall("all of the model", all, budget, needs);
        if (room < FewestBuffers * block) throw TooSmall("even one streamed layer at a time", needs.Sum + (FewestBuffers * block), budget, needs);
        var used = (int)Math.Min(buffers, room / block);
        var free = room - (used * block);
        if (slots > 0)
        {
            // M whole layers and the others' parts: M + (L − M)/N ≤ free.
            var parts = (layers * block + slots - 1) / slots;
            if (free < parts || offload != Offload.Auto) return null;
            var most = (int)((free - parts) / (block - (block / slots)));
            return new Placement(most, layers - most, 0, 0, used, needs.Sum + ((used + most) * block) + ((layers - most) * block / slots), 0, 0);
        }

        var resident = offload == Offload.Auto ? (int)(free / block) : 0;
        var streamed = layers - resident;
        var host = offload == Offload.Disk ? 0 : offload == Offload.Host || budget.Host is not { } hostBytes ? streamed : (int)Math.Min(streamed, hostBytes / block);
        if (offload == Offload.Host && budget.Host < host * block)
            throw new BadInputException($"--host-memory: {Text(budget.Host.Value)} do not hold the {host} layers, which take {Text(host * block)}; give more, or --offload auto or disk");
        var disk = streamed - host;
        return new Placement(
            resident, 0, host, disk, used, needs.Sum + ((used + resident) * block), host * block, disk * ((2 * model.BlockTrainedBytes) + model.BlockFrozenBytes));
    }

    /// <summary>One line for people.</summary>
    public string Describe()
    {
        var layers = Resident + Sharded + Host + Disk;
        if (Resident == layers) return $"all {layers} layers resident";
        var parts = new List<string> { $"{Resident} of {layers} layers resident" };
        if (Sharded > 0) parts.Add($"{Sharded} in parts on all devices");
        if (Host > 0) parts.Add($"{Host} streamed from host memory");
        if (Disk > 0) parts.Add($"{Disk} streamed from disk");
        return $"{string.Join("; ", parts)}, through {Buffers} buffers";
    }

    private static BadInputException TooSmall(string what, long bytes, MemoryBudget budget, FixedNeeds needs) => new(
        $"--device-memory: {Text(budget.Device)} do not hold {what}, which takes {Text(bytes)} (embedding and head {Text(needs.Ends)}, "
        + $"activations {Text(needs.Activations)}, perturbed weights {Text(needs.Scratch)}); give at least that, or a smaller batch");

    private static string Text(long bytes) => ByteSize.Text(bytes);
}
