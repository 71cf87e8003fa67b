using System.Text;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// One GPU as the driver sees it: its primary context, which all who use the GPU in this process share. Calls of the driver go to the context
/// that is current on the calling thread, so whatever may run on a new thread calls <see cref="Enter"/> first.
/// </summary>
internal sealed class CudaContext : IDisposable
{
    /// <summary>CUDA 11.2, the first with stream-ordered memory.</summary>
    private const int OldestDriver = 11020;

    private const int MajorAttribute = 75;
    private const int MinorAttribute = 76;
    private const int ProcessorsAttribute = 16;
    private const int SharedBytesAttribute = 97;
    private const int PoolsAttribute = 115;

    [ThreadStatic]
    private static nint _current;

    private bool _disposed;

    private CudaContext(CUdevice device, CUcontext context, string name)
    {
        (Device, Handle, Name) = (device, context, name);
        Capability = (Attribute(MajorAttribute) * 10) + Attribute(MinorAttribute);
        Processors = Attribute(ProcessorsAttribute);
        SharedBytes = Attribute(SharedBytesAttribute);
    }

    private CudaContext(int capability) => (IsImagined, Capability, Processors, Name) = (true, capability, 1, "no GPU");

    public CUdevice Device { get; }

    public CUcontext Handle { get; }

    /// <summary>Whether there is no GPU behind it: the driver is never called, and memory is counted and not taken.</summary>
    public bool IsImagined { get; }

    /// <summary>As NVIDIA calls it.</summary>
    public string Name { get; }

    /// <summary>Compute capability: 90 for 9.0.</summary>
    public int Capability { get; }

    /// <summary>Streaming multiprocessors.</summary>
    public int Processors { get; }

    /// <summary>Shared memory that a block may ask for.</summary>
    public int SharedBytes { get; }

    /// <summary>Bytes of its memory that are free; of one that is imagined as many as are asked for.</summary>
    public long FreeMemory
    {
        get
        {
            if (IsImagined) return long.MaxValue;
            Enter();
            Check.Driver(CudaDriver.cuMemGetInfo_v2(out var free, out _), "tell how much memory is free");
            return (long)free;
        }
    }

    /// <summary>GPUs of this machine; 0 where there is no driver, or none that works.</summary>
    public static int Count
    {
        get
        {
            if (NativeLibraries.Locate(NativeLibraries.Driver) is null || CudaDriver.cuInit(0) != CudaDriver.Success) return 0;
            return CudaDriver.cuDeviceGetCount(out var count) == CudaDriver.Success ? count : 0;
        }
    }

    /// <summary>A GPU of a compute capability that is not there.</summary>
    public static CudaContext Imagine(int capability) => new(capability);

    /// <summary>Opens a GPU.</summary>
    /// <exception cref="BadInputException">There is no driver, it is too old, or there is no such GPU.</exception>
    public static CudaContext Open(int ordinal)
    {
        NativeLibraries.Require(NativeLibraries.Driver);
        var code = CudaDriver.cuInit(0);
        if (code != CudaDriver.Success) throw new BadInputException($"the NVIDIA driver does not start: {Check.Failed(code, "start").Message}; use --device cpu, or see 'distzo doctor'");
        Check.Driver(CudaDriver.cuDriverGetVersion(out var version), "tell the driver's version");
        if (version < OldestDriver)
            throw new BadInputException($"the NVIDIA driver supports CUDA {version / 1000}.{version % 1000 / 10}, and 11.2 is needed; update the driver, or use --device cpu");
        Check.Driver(CudaDriver.cuDeviceGetCount(out var count), "count the GPUs");
        if (ordinal >= count) throw new BadInputException($"device: there is no cuda:{ordinal}; this machine has {count} {(count == 1 ? "GPU" : "GPUs")} (from cuda:0 on)");
        Check.Driver(CudaDriver.cuDeviceGet(out var device, ordinal), "open it");
        Check.Driver(CudaDriver.cuDeviceGetAttribute(out var pools, PoolsAttribute, device), "tell whether it has memory pools");
        if (pools == 0) throw new BadInputException($"device: cuda:{ordinal} has no stream-ordered memory pools (vGPU profiles without unified memory lack them); use --device cpu");
        Check.Driver(CudaDriver.cuDevicePrimaryCtxRetain(out var context, device), "make a context");
        return new CudaContext(device, context, NameOf(device));
    }

    /// <summary>Makes this the context of the calling thread.</summary>
    public void Enter()
    {
        if (IsImagined || _current == Handle.Handle) return;
        Check.Driver(CudaDriver.cuCtxSetCurrent(Handle), "change the context");
        _current = Handle.Handle;
    }

    /// <summary>A library may have changed the context of the calling thread.</summary>
    public static void Forget() => _current = 0;

    public int Attribute(int attribute)
    {
        Check.Driver(CudaDriver.cuDeviceGetAttribute(out var value, attribute, Device), "tell an attribute");
        return value;
    }

    public void Dispose()
    {
        if (_disposed || IsImagined) return;
        _disposed = true;
        if (_current == Handle.Handle) _current = 0;
        _ = CudaDriver.cuDevicePrimaryCtxRelease_v2(Device);
    }

    internal static unsafe string NameOf(CUdevice device)
    {
        var text = stackalloc byte[256];
        Check.Driver(CudaDriver.cuDeviceGetName(text, 256, device), "tell its name");
        return Encoding.UTF8.GetString(text, new ReadOnlySpan<byte>(text, 256).IndexOf((byte)0));
    }
}
