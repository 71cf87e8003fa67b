using DistZO.Devices;

namespace DistZO.Tests;

/// <summary>Memory of a <see cref="CheckedDevice"/>: a part of an allocation of the device that it checks.</summary>
internal sealed class CheckedMemory(DeviceMemory inner, object root, long offset) : DeviceMemory
{
    public DeviceMemory Inner => inner;

    /// <summary>The whole allocation.</summary>
    public object Root => root;

    /// <summary>The first byte in it.</summary>
    public long Offset => offset;

    public override long Bytes => inner.Bytes;

    public override DeviceMemory Slice(long from, long bytes) => new CheckedMemory(inner.Slice(from, bytes), root, offset + from);

    public override void Dispose() => inner.Dispose();
}
