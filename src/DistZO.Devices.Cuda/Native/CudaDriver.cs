using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Native;

/// <summary>The entry points of the CUDA driver that the device uses, by the names and types of its header (cuda.h). They return its error codes.</summary>
internal static unsafe partial class CudaDriver
{
    public const string Library = "libcuda";

    public const int Success = 0;
    public const int OutOfMemory = 2;
    public const int HostMemoryAlreadyRegistered = 712;
    public const int PeerAccessAlreadyEnabled = 704;
    public const int NotReady = 600;

    /// <summary>CU_STREAM_NON_BLOCKING: no order with the default stream.</summary>
    public const uint StreamNonBlocking = 1;

    /// <summary>CU_EVENT_DISABLE_TIMING.</summary>
    public const uint EventDisableTiming = 2;

    /// <summary>CU_MEMHOSTREGISTER_PORTABLE: pinned for every context.</summary>
    public const uint HostRegisterPortable = 1;

    /// <summary>CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, as u64.</summary>
    public const int PoolReleaseThreshold = 4;

    /// <summary>CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES.</summary>
    public const int FunctionDynamicSharedBytes = 8;

    [LibraryImport(Library)]
    public static partial int cuInit(uint flags);

    [LibraryImport(Library)]
    public static partial int cuDriverGetVersion(out int version);

    [LibraryImport(Library)]
    public static partial int cuGetErrorName(int error, out nint name);

    [LibraryImport(Library)]
    public static partial int cuGetErrorString(int error, out nint text);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetCount(out int count);

    [LibraryImport(Library)]
    public static partial int cuDeviceGet(out CUdevice device, int ordinal);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetName(byte* name, int length, CUdevice device);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetAttribute(out int value, int attribute, CUdevice device);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetPCIBusId(byte* id, int length, CUdevice device);

    [LibraryImport(Library)]
    public static partial int cuDeviceTotalMem_v2(out nuint bytes, CUdevice device);

    [LibraryImport(Library)]
    public static partial int cuDeviceCanAccessPeer(out int can, CUdevice device, CUdevice peer);

    [LibraryImport(Library)]
    public static partial int cuDeviceGetP2PAttribute(out int value, int attribute, CUdevice from, CUdevice to);

    [LibraryImport(Library)]
    public static partial int cuDevicePrimaryCtxRetain(out CUcontext context, CUdevice device);

    [LibraryImport(Library)]
    public static partial int cuDevicePrimaryCtxRelease_v2(CUdevice device);

    [LibraryImport(Library)]
    public static partial int cuCtxSetCurrent(CUcontext context);

    [LibraryImport(Library)]
    public static partial int cuCtxEnablePeerAccess(CUcontext peer, uint flags);

    [LibraryImport(Library)]
    public static partial int cuMemGetInfo_v2(out nuint free, out nuint total);

    [LibraryImport(Library)]
    public static partial int cuMemPoolCreate(out CUmemoryPool pool, in CUmemPoolProps properties);

    [LibraryImport(Library)]
    public static partial int cuMemPoolDestroy(CUmemoryPool pool);

    [LibraryImport(Library)]
    public static partial int cuMemPoolSetAttribute(CUmemoryPool pool, int attribute, void* value);

    [LibraryImport(Library)]
    public static partial int cuMemPoolSetAccess(CUmemoryPool pool, CUmemAccessDesc* map, nuint count);

    [LibraryImport(Library)]
    public static partial int cuMemAllocFromPoolAsync(out CUdeviceptr pointer, nuint bytes, CUmemoryPool pool, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuMemFreeAsync(CUdeviceptr pointer, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuMemHostAlloc(out nint pointer, nuint bytes, uint flags);

    [LibraryImport(Library)]
    public static partial int cuMemFreeHost(nint pointer);

    [LibraryImport(Library)]
    public static partial int cuMemHostRegister_v2(nint pointer, nuint bytes, uint flags);

    [LibraryImport(Library)]
    public static partial int cuMemHostUnregister(nint pointer);

    [LibraryImport(Library)]
    public static partial int cuMemcpyHtoDAsync_v2(CUdeviceptr destination, void* source, nuint bytes, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoHAsync_v2(void* destination, CUdeviceptr source, nuint bytes, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuMemcpyDtoDAsync_v2(CUdeviceptr destination, CUdeviceptr source, nuint bytes, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuMemcpyPeerAsync(
        CUdeviceptr destination, CUcontext destinationContext, CUdeviceptr source, CUcontext sourceContext, nuint bytes, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuMemsetD8Async(CUdeviceptr pointer, byte value, nuint bytes, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuStreamCreate(out CUstream stream, uint flags);

    [LibraryImport(Library)]
    public static partial int cuStreamDestroy_v2(CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuStreamSynchronize(CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuStreamWaitEvent(CUstream stream, CUevent happened, uint flags);

    [LibraryImport(Library)]
    public static partial int cuEventCreate(out CUevent created, uint flags);

    [LibraryImport(Library)]
    public static partial int cuEventDestroy_v2(CUevent created);

    [LibraryImport(Library)]
    public static partial int cuEventRecord(CUevent recorded, CUstream stream);

    [LibraryImport(Library)]
    public static partial int cuEventQuery(CUevent recorded);

    [LibraryImport(Library)]
    public static partial int cuEventSynchronize(CUevent recorded);

    [LibraryImport(Library)]
    public static partial int cuEventElapsedTime(out float milliseconds, CUevent from, CUevent to);

    [LibraryImport(Library)]
    public static partial int cuModuleLoadData(out CUmodule module, void* image);

    [LibraryImport(Library)]
    public static partial int cuModuleUnload(CUmodule module);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int cuModuleGetFunction(out CUfunction function, CUmodule module, string name);

    [LibraryImport(Library)]
    public static partial int cuFuncSetAttribute(CUfunction function, int attribute, int value);

    [LibraryImport(Library)]
    public static partial int cuLaunchKernel(
        CUfunction function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, CUstream stream, void** arguments, void** extra);
}
