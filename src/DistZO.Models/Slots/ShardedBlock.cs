using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// A block that is stored in slices in the memory of the slots (ZeRO's idea, arXiv 1910.02054): no host memory holds it. Reading and
/// writing it whole goes through all slots, which must be idle; in a pass they copy slices from each other.
/// </summary>
internal sealed class ShardedBlock : StoredBlock
{
    private readonly IReadOnlyList<Device> _devices;
    private readonly BlockSlice[] _slices;
    private readonly DeviceMemory[] _memories;

    /// <param name="layout">What is stored.</param>
    /// <param name="devices">Of the slots.</param>
    /// <param name="slices">What each of them holds.</param>
    public ShardedBlock(BlockLayout layout, IReadOnlyList<Device> devices, BlockSlice[] slices)
    {
        (Name, Bytes, TrainedBytes, _devices, _slices) = (layout.Name, layout.Bytes, layout.TrainedBytes, devices, slices);
        _memories = new DeviceMemory[devices.Count];
        for (var slot = 0; slot < devices.Count; slot++) _memories[slot] = devices[slot].Allocate(slices[slot].Bytes);
    }

    public override string Name { get; }

    public override long Bytes { get; }

    public override long TrainedBytes { get; }

    public override StoredVersion? Version { get; protected set; }

    /// <summary>A slot's slice.</summary>
    public DeviceMemory MemoryOf(int slot) => _memories[slot];

    public override void Read(long offset, Span<byte> destination)
    {
        for (var slot = 0; slot < _slices.Length; slot++)
        {
            var (from, to) = Common(slot, offset, destination.Length);
            if (from < to) _devices[slot].Download(_memories[slot], from - _slices[slot].Offset, destination[(int)(from - offset)..(int)(to - offset)]);
        }
    }

    public override void Write(long offset, ReadOnlySpan<byte> source)
    {
        for (var slot = 0; slot < _slices.Length; slot++)
        {
            var (from, to) = Common(slot, offset, source.Length);
            if (from < to) _devices[slot].Upload(source[(int)(from - offset)..(int)(to - offset)], _memories[slot], from - _slices[slot].Offset);
        }
    }

    public override void Commit(StoredVersion version) => Version = version;

    public override void Dispose()
    {
        foreach (var memory in _memories) memory.Dispose();
    }

    private (long From, long To) Common(int slot, long offset, int bytes) =>
        (Math.Max(offset, _slices[slot].Offset), Math.Min(offset + bytes, _slices[slot].End));
}
