using DistZO.Devices;

namespace DistZO.Training.Tests.Offload;

/// <summary>Machines as Linux shows them, in a folder in the place of /sys.</summary>
public sealed class SystemTopologyTests : IDisposable
{
    private const double Gen3x16 = 15_753_846_154, Gen4x16 = 31_507_692_308, Gen5x16 = 63_015_384_615, Gen6x16 = 121e9;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Describe_DevicesBehindSwitches_ShareTheirUplinks()
    {
        Bridge("pci0000:00/0000:00:01.0", "16.0 GT/s PCIe", 16);
        Bridge("pci0000:00/0000:00:01.0/0000:01:00.0", "16.0 GT/s PCIe", 16);
        Device("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/0000:03:00.0", "16.0 GT/s PCIe", 16, numaNode: 1);
        Device("pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:01.0/0000:04:00.0", "8.0 GT/s PCIe", 16);
        Device("pci0000:40/0000:40:01.0/0000:41:00.0", "32.0 GT/s PCIe", 16);
        var network = SlotTopology.Parse("system", SystemTopology.Describe(_folder.Root));
        Assert.Equal(3, network.Slots);
        Assert.False(network.HasFabric);
        Assert.Equal([Gen4x16, Gen3x16, Gen5x16], Enumerable.Range(0, 3).Select(slot => network.Host(slot).Up!.BytesPerSecond));
        // Two share 31.5 GB/s, so neither can have more than half of it.
        Assert.Equal([Gen4x16 / 2, Gen4x16 / 2, Gen5x16], Enumerable.Range(0, 3).Select(slot => network.Host(slot).Share));
        var first = SystemTopology.Devices(_folder.Root)[0];
        Assert.Equal(("0000:03:00.0", 1), (first.Address, first.NumaNode));
        Assert.Equal(["0000:00:01.0", "0000:01:00.0", "0000:02:00.0"], first.Bridges);
    }

    [Theory]
    [InlineData("2.5 GT/s PCIe", 1, 250e6)]
    [InlineData("5.0 GT/s PCIe", 8, 4e9)]
    [InlineData("8 GT/s", 4, 3_938_461_538)]
    [InlineData("64.0 GT/s PCIe", 16, Gen6x16)]
    public void Devices_Rate_IsLessTheEncoding(string speed, int width, double rate)
    {
        Device("pci0000:00/0000:00:01.0/0000:01:00.0", speed, width);
        Assert.Equal(rate, SystemTopology.Devices(_folder.Root)[0].Rate);
    }

    [Fact]
    public void Describe_WithLinksOfALibrary_HasTheFabricIfAllPairsDo()
    {
        foreach (var bus in (string[])["01", "02", "03"]) Device($"pci0000:00/0000:00:0{bus[1]}.0/0000:{bus}:00.0", "16.0 GT/s PCIe", 16);
        DeviceLink[] links = [new("0000:01:00.0", "0000:02:00.0", 300e9), new("0000:03:00.0", "0000:01:00.0", 300e9), new("0000:02:00.0", "0000:03:00.0", 150e9)];
        var network = SlotTopology.Parse("system", SystemTopology.Describe(_folder.Root, links));
        Assert.True(network.HasFabric);
        Assert.Equal((300e9, 150e9), (network.Fabric(0, 2)!.BytesPerSecond, network.Fabric(2, 1)!.BytesPerSecond));
        Assert.False(SlotTopology.Parse("system", SystemTopology.Describe(_folder.Root, links[..2])).HasFabric);
    }

    [Fact]
    public void Describe_DevicesThatDoNotSayTheirRate_AreAsFastAsTheMachine()
    {
        Device("pci0000:00/0000:00:01.0/0000:01:00.0", "16.0 GT/s PCIe", 16);
        Device("pci0000:00/0000:00:02.0/0000:02:00.0", "Unknown", 0);
        var network = SlotTopology.Parse("system", SystemTopology.Describe(_folder.Root));
        Assert.Equal((2, null), (network.Slots, network.Host(0).Up));
    }

    [Fact]
    public void Devices_OfOtherMakersAndKinds_AreNone()
    {
        Device("pci0000:00/0000:00:01.0/0000:01:00.0", "16.0 GT/s PCIe", 16, vendor: "0x8086");
        Device("pci0000:00/0000:00:02.0/0000:02:00.0", "16.0 GT/s PCIe", 16, kind: "0x040300");
        Assert.Contains("shows no device of vendor 0x10de", Assert.Throws<BadInputException>(() => SystemTopology.Devices(_folder.Root)).Message);
        Assert.Contains("there is no", Assert.Throws<BadInputException>(() => SystemTopology.Devices(_folder["elsewhere"])).Message);
    }

    private void Device(string place, string speed, int width, string vendor = "0x10de", string kind = "0x030200", int numaNode = -1) =>
        Write(place, ("vendor", vendor), ("class", kind), ("current_link_speed", speed), ("current_link_width", $"{width}"), ("numa_node", $"{numaNode}"));

    private void Bridge(string place, string speed, int width) =>
        Write(place, ("vendor", "0x8086"), ("class", "0x060400"), ("current_link_speed", speed), ("current_link_width", $"{width}"));

    private void Write(string place, params (string Name, string Text)[] files)
    {
        Directory.CreateDirectory(_folder[$"devices/{place}"]);
        foreach (var (name, text) in files) File.WriteAllText(_folder[$"devices/{place}/{name}"], text + "\n");
        Directory.CreateDirectory(_folder["bus/pci/devices"]);
        Directory.CreateSymbolicLink(_folder[$"bus/pci/devices/{Path.GetFileName(place)}"], $"../../../devices/{place}");
    }
}
