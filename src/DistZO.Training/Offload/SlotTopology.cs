using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// How the device slots of a machine are linked: read from a file that describes it, or from the system, or, where the user gives a number
/// only, as fast as the machine is. Rates are bytes a second, and modelled: bytes that are moved take as long as they would.
/// </summary>
public static class SlotTopology
{
    /// <summary>The slots of a recipe and their links.</summary>
    /// <exception cref="BadInputException">The file cannot be read or contradicts itself; names the field.</exception>
    public static SlotNetwork Of(Recipe recipe)
    {
        var slots = recipe.Get(RecipeKeys.Slots);
        if (recipe.Get(RecipeKeys.Topology) is not { } path) return SlotNetwork.Of(slots ?? 1);
        var network = path == SystemTopology.Name ? Parse(path, SystemTopology.Describe()) : Read(path);
        if (slots is null || slots == network.Slots) return network;
        throw new BadInputException($"'{path}': slots is {network.Slots}, and --slots says {slots}; give one of them, or the same in both");
    }

    /// <summary>Reads a file; see docs/formats/topology.md.</summary>
    /// <exception cref="BadInputException">It cannot be read or contradicts itself; names the field.</exception>
    public static SlotNetwork Read(string path) => Parse(path, TopologyFile.Read(path));

    /// <summary>Reads a description.</summary>
    /// <param name="path">What errors call it.</param>
    /// <param name="bytes">It, in JSON.</param>
    /// <exception cref="BadInputException">It contradicts itself; names the field.</exception>
    public static SlotNetwork Parse(string path, byte[] bytes)
    {
        using var document = TopologyFile.Parse(path, bytes);
        var root = new TopologyObject(path, "", document.RootElement, "slots", "switches", "host", "fabric");
        var slots = root.Integer("slots", 1, 64);
        var switches = new Dictionary<string, (Link Up, Link Down, double Rate)>();
        foreach (var one in root.Objects("switches", "name", "up", "down"))
        {
            var (up, down) = (one.Rate("up"), one.Rate("down"));
            if (!switches.TryAdd(one.Text("name"), (new Link(up, TimeProvider.System), new Link(down, TimeProvider.System), up)))
                throw one.Bad("name", "is that of another switch; give each its own");
        }

        var hosts = Hosts(root, slots, switches);
        var fabric = Fabric(root, slots, out var hasFabric);
        return new SlotNetwork(hosts, fabric, hasFabric);
    }

    private static SlotLinks[] Hosts(TopologyObject root, int slots, Dictionary<string, (Link Up, Link Down, double Rate)> switches)
    {
        var hosts = new (SlotLinks Links, string? Switch)?[slots];
        foreach (var one in root.Objects("host", "slot", "up", "down", "switch"))
        {
            var slot = one.Slot("slot", slots);
            if (hosts[slot] is not null) throw one.Bad("slot", $"is {slot} a second time; give each slot one entry");
            var (up, down, name) = (one.Rate("up"), one.Rate("down"), one.OptionalText("switch"));
            if (name is not null && !switches.ContainsKey(name)) throw one.Bad("switch", $"is '{name}', which is not in switches; add it there or correct the name");
            var behind = name is null ? default : switches[name];
            hosts[slot] = (new SlotLinks(new Link(up, TimeProvider.System, behind.Up), new Link(down, TimeProvider.System, behind.Down), up), name);
        }

        if (hosts.All(host => host is null))
        {
            if (switches.Count > 0) throw root.Bad("switches", "has switches that no entry of host names; add host, or take them away");
            return [.. Enumerable.Repeat(new SlotLinks(null, null, 1), slots)];
        }

        if (Array.IndexOf(hosts, null) is var missing and >= 0) throw root.Bad("host", $"has no entry for slot {missing}; give the links of all slots or of none");
        foreach (var name in switches.Keys)
        {
            if (!hosts.Any(host => host!.Value.Switch == name)) throw root.Bad("switches", $"has '{name}', which no entry of host names; take it away or name it");
        }

        // Behind a switch, slots that upload at once have their part of it.
        return
        [
            .. hosts.Select(host => host!.Value).Select(host => host.Switch is not { } name ? host.Links : host.Links with
            {
                Share = Math.Min(host.Links.Share, switches[name].Rate / hosts.Count(other => other!.Value.Switch == name)),
            }),
        ];
    }

    private static Link?[,] Fabric(TopologyObject root, int slots, out bool hasFabric)
    {
        var fabric = new Link?[slots, slots];
        hasFabric = root.Has("fabric");
        foreach (var one in root.Objects("fabric", "slots", "rate"))
        {
            var (a, b) = one.Pair("slots", slots);
            if (fabric[a, b] is not null) throw one.Bad("slots", $"has {a} and {b} a second time; give each pair one entry");
            var rate = one.Rate("rate");
            (fabric[a, b], fabric[b, a]) = (new Link(rate, TimeProvider.System), new Link(rate, TimeProvider.System));
        }

        for (var a = 0; hasFabric && a < slots; a++)
        {
            for (var b = 0; b < a; b++)
            {
                if (fabric[a, b] is null)
                    throw root.Bad("fabric", $"does not link slots {b} and {a}; slices are gathered from every slot, so link all pairs, or take fabric away to upload whole layers");
            }
        }

        return fabric;
    }
}
