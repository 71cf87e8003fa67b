using System.Runtime.InteropServices;

namespace DistZO.Devices.Cpu;

/// <summary>
/// Host memory outside the managed heap: zeroed, aligned to 64 bytes, and asked to sit on huge pages where the system offers them
/// (streaming hundreds of megabytes through 4 KiB pages costs a TLB miss every 1,024 floats).
/// </summary>
internal sealed unsafe partial class HostMemory : DeviceMemory
{
    private const nuint HugePage = 2 << 20;
    private const int AdviseHugePage = 14;
    private readonly HostMemory? _whole;
    private readonly long _offset;
    private byte* _pointer;

    public HostMemory(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        Bytes = bytes;
        var size = (nuint)Math.Max(bytes, 64);
        var huge = OperatingSystem.IsLinux() && size >= 4 * HugePage;
        try
        {
            _pointer = (byte*)NativeMemory.AlignedAlloc(size, huge ? HugePage : 64);
        }
        catch (OutOfMemoryException e)
        {
            throw new RunFailedException($"There is not enough memory for {bytes / 1e6:N0} MB more; use a smaller model or batch_size.", e);
        }

        if (huge) _ = Advise(_pointer, size & ~(HugePage - 1), AdviseHugePage);
        NativeMemory.Clear(_pointer, size);
    }

    private HostMemory(HostMemory whole, long offset, long bytes)
    {
        if (offset < 0 || bytes < 0 || offset + bytes > whole.Bytes) throw new ArgumentOutOfRangeException(nameof(offset));
        (_whole, _offset, Bytes) = (whole, offset, bytes);
        GC.SuppressFinalize(this);
    }

    ~HostMemory() => Free();

    public override long Bytes { get; }

    /// <summary>The first byte; valid until the memory is disposed.</summary>
    public byte* Pointer =>
        _whole is not null ? _whole.Pointer + _offset : _pointer is not null ? _pointer : throw new ObjectDisposedException(nameof(HostMemory));

    public override DeviceMemory Slice(long offset, long bytes) => new HostMemory(this, offset, bytes);

    public override void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
