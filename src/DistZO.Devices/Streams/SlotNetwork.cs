namespace DistZO.Devices;

/// <summary>The slots of a node and the links between them: one to host memory and back for each, and those of the fabric.</summary>
public sealed class SlotNetwork
{
    private readonly SlotLinks[] _hosts;
    private readonly Link?[,] _fabric;

    /// <param name="hosts">The links of each slot; at least one slot.</param>
    /// <param name="fabric">[from, to]: the link over which a slot copies from another; null for as fast as the machine is.</param>
    /// <param name="hasFabric">Whether slots reach each other at all.</param>
    public SlotNetwork(IReadOnlyList<SlotLinks> hosts, Link?[,] fabric, bool hasFabric)
    {
        (_hosts, _fabric, HasFabric) = ([.. hosts], fabric, hasFabric);
        if (fabric.GetLength(0) != Slots || fabric.GetLength(1) != Slots) throw new ArgumentException("a link is named for each pair of slots", nameof(fabric));
    }

    /// <summary>How many.</summary>
    public int Slots => _hosts.Length;

    /// <summary>Whether slots reach each other; if not, each uploads whole blocks.</summary>
    public bool HasFabric { get; }

    /// <summary>As fast as the machine is.</summary>
    public static SlotNetwork Of(int slots, bool hasFabric = true) =>
        new([.. Enumerable.Repeat(new SlotLinks(null, null, 1), slots)], new Link?[slots, slots], hasFabric);

    /// <summary>Whether the fabric is as fast as the machine is.</summary>
    public bool HasRealFabric => HasFabric && _fabric.Cast<Link?>().All(link => link is null);

    /// <summary>What the slots gather with over a real fabric; null where they copy from each other.</summary>
    public Collective? Collective { get; private init; }

    /// <summary>The same slots, with a collective that belongs to the caller.</summary>
    public SlotNetwork With(Collective? collective) => new(_hosts, _fabric, HasFabric) { Collective = collective };

    /// <summary>The links of a slot to host memory and back.</summary>
    public SlotLinks Host(int slot) => _hosts[slot];

    /// <summary>The link over which slot <paramref name="to"/> copies from another.</summary>
    public Link? Fabric(int from, int to) => _fabric[from, to];
}

/// <summary>How a slot reaches host memory.</summary>
/// <param name="Up">From host memory to the slot; null for as fast as the machine is.</param>
/// <param name="Down">Back.</param>
/// <param name="Share">Of what all slots upload together, in any unit: in proportion to what its way carries when all upload at once.</param>
public readonly record struct SlotLinks(Link? Up, Link? Down, double Share);
