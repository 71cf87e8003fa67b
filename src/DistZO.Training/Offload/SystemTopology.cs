using System.Globalization;
using System.Text;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>A device of the machine, as Linux shows it.</summary>
/// <param name="Address">On the PCI bus: <c>0000:65:00.0</c>.</param>
/// <param name="Rate">Bytes a second of its link, after the encoding's overhead, each way; null where the system does not say.</param>
/// <param name="NumaNode">The memory that it is near to; −1 where that is all the same.</param>
/// <param name="Bridges">The bridges that it is behind, the host's first.</param>
public sealed record SystemDevice(string Address, double? Rate, int NumaNode, IReadOnlyList<string> Bridges);

/// <summary>A fabric link of two devices, such as NVLink: sysfs does not show it, a device's library does.</summary>
/// <param name="A">PCI address of one.</param>
/// <param name="B">And of the other.</param>
/// <param name="Rate">Bytes a second, each way.</param>
public readonly record struct DeviceLink(string A, string B, double Rate);

/// <summary>
/// The topology of this machine's devices, read from Linux's sysfs: the rates of their PCI links and which share a switch. Written in the
/// format of docs/formats/topology.md, so that what is read and what is given are one.
/// </summary>
public static class SystemTopology
{
    /// <summary>What stands in the place of a file's name for it.</summary>
    public const string Name = "system";

    private const string Root = "/sys";
    private const string Vendor = "0x10de";
    private const string DisplayClass = "0x03";

    /// <summary>The display and 3D controllers of the vendor, in the order of their addresses.</summary>
    /// <param name="root">Where sysfs is.</param>
    /// <exception cref="BadInputException">There is no sysfs, or no such device.</exception>
    public static IReadOnlyList<SystemDevice> Devices(string root = Root)
    {
        var folder = Path.Combine(root, "bus", "pci", "devices");
        if (!Directory.Exists(folder)) throw new BadInputException($"topology: {Name}: there is no '{folder}' on this machine; describe its links in a file");
        var devices = Directory.GetFileSystemEntries(folder)
            .Where(device => Text(device, "vendor") == Vendor && (Text(device, "class") ?? "").StartsWith(DisplayClass, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(Device)
            .ToList();
        return devices.Count > 0 ? devices : throw new BadInputException($"topology: {Name}: '{folder}' shows no device of vendor {Vendor}; describe the links in a file");
    }

    /// <summary>The topology as JSON. Slots are the devices in their order.</summary>
    /// <param name="root">Where sysfs is.</param>
    /// <param name="links">What a device's library knows of the fabric; all pairs, or slots are taken not to reach each other.</param>
    /// <exception cref="BadInputException">There is no sysfs, or no such device.</exception>
    public static byte[] Describe(string root = Root, IReadOnlyList<DeviceLink>? links = null)
    {
        var devices = Devices(root);
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("slots", devices.Count);
            if (devices.All(device => device.Rate is not null)) WriteHosts(json, devices, root);
            WriteFabric(json, devices, links ?? []);
            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private static void WriteHosts(Utf8JsonWriter json, IReadOnlyList<SystemDevice> devices, string root)
    {
        var switches = devices.Select(device => Switch(device, devices, root)).ToList();
        if (switches.Any(one => one is not null))
        {
            json.WriteStartArray("switches");
            foreach (var (bridge, rate) in switches.OfType<(string, double)>().Distinct())
            {
                json.WriteStartObject();
                json.WriteString("name", bridge);
                Both(json, rate);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteStartArray("host");
        for (var slot = 0; slot < devices.Count; slot++)
        {
            json.WriteStartObject();
            json.WriteNumber("slot", slot);
            Both(json, devices[slot].Rate!.Value);
            if (switches[slot] is { } own) json.WriteString("switch", own.Bridge);
            json.WriteEndObject();
        }

        json.WriteEndArray();

        static void Both(Utf8JsonWriter json, double rate)
        {
            json.WriteNumber("up", rate);
            json.WriteNumber("down", rate);
        }
    }

    private static void WriteFabric(Utf8JsonWriter json, IReadOnlyList<SystemDevice> devices, IReadOnlyList<DeviceLink> links)
    {
        var pairs = (from b in Enumerable.Range(0, devices.Count)
                     from a in Enumerable.Range(0, b)
                     select (A: a, B: b, Rate: links.FirstOrDefault(link =>
                         (link.A, link.B) == (devices[a].Address, devices[b].Address) || (link.B, link.A) == (devices[a].Address, devices[b].Address)).Rate)).ToList();
        // Slices are gathered from every slot.
        if (pairs.Count == 0 || pairs.Any(pair => pair.Rate == 0)) return;
        json.WriteStartArray("fabric");
        foreach (var (a, b, rate) in pairs)
        {
            json.WriteStartObject();
            json.WriteStartArray("slots");
            json.WriteNumberValue(a);
            json.WriteNumberValue(b);
            json.WriteEndArray();
            json.WriteNumber("rate", rate);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>
    /// The bridge nearest to the host that other devices are behind too and whose link has a rate: all that its devices move goes over it.
    /// </summary>
    private static (string Bridge, double Rate)? Switch(SystemDevice device, IReadOnlyList<SystemDevice> devices, string root)
    {
        foreach (var bridge in device.Bridges)
        {
            if (devices.Count(other => other.Bridges.Contains(bridge)) < 2) continue;
            if (Rate(Path.Combine(root, "bus", "pci", "devices", bridge)) is { } rate) return (bridge, rate);
        }

        return null;
    }

    private static SystemDevice Device(string path)
    {
        // The real place of a device is below that of the bridge that it is behind.
        var real = new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
        var bridges = (Path.GetDirectoryName(real) ?? "").Split(Path.DirectorySeparatorChar).Where(IsAddress).ToList();
        var node = int.TryParse(Text(path, "numa_node"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : -1;
        return new SystemDevice(Path.GetFileName(path), Rate(path), node, bridges);
    }

    /// <summary>A domain, a bus, a device and its function: <c>0000:65:00.0</c>.</summary>
    private static bool IsAddress(string name) => name.Split(':') is [{ Length: >= 4 }, { Length: 2 }, { Length: 4 } end] && end[2] == '.';

    /// <summary>
    /// Bytes a second of a PCI link: lanes times transfers, of which 8b/10b leaves 8 of 10 bits up to 5 GT/s, 128b/130b 128 of 130 up to
    /// 32 GT/s (PCI Express Base 3.0, section 4.2), and flits of 256 bytes 242 at 64 GT/s (6.0, section 4.2.3).
    /// </summary>
    private static double? Rate(string device)
    {
        if (!double.TryParse(Text(device, "current_link_speed")?.Split(' ')[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var transfers)) return null;
        if (!int.TryParse(Text(device, "current_link_width"), NumberStyles.None, CultureInfo.InvariantCulture, out var lanes)) return null;
        var useful = transfers switch { <= 5 => 8.0 / 10, <= 32 => 128.0 / 130, _ => 242.0 / 256 };
        var rate = Math.Round(transfers * 1e9 * useful / 8 * lanes);
        return rate > 0 ? rate : null;
    }

    private static string? Text(string device, string name)
    {
        var file = Path.Combine(device, name);
        try
        {
            return File.Exists(file) ? File.ReadAllText(file, Encoding.ASCII).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Some devices refuse to be asked while they sleep.
            return null;
        }
    }
}
