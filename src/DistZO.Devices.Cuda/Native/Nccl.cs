using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Native;

/// <summary>The entry points of NCCL that a gather over several devices of one process needs (nccl.h).</summary>
internal static unsafe partial class Nccl
{
    public const string Library = "libnccl";

    public const int Success = 0;

    /// <summary>ncclUint8.</summary>
    public const int Byte = 1;

    [LibraryImport(Library)]
    public static partial int ncclGetVersion(out int version);

    [LibraryImport(Library)]
    public static partial nint ncclGetErrorString(int error);

    [LibraryImport(Library)]
    public static partial int ncclCommInitAll(nint* communicators, int count, int* devices);

    [LibraryImport(Library)]
    public static partial int ncclCommDestroy(nint communicator);

    /// <summary>As destroying it, without waiting: what runs on it ends. Its number means nothing afterwards.</summary>
    [LibraryImport(Library)]
    public static partial int ncclCommAbort(nint communicator);

    [LibraryImport(Library)]
    public static partial int ncclGroupStart();

    [LibraryImport(Library)]
    public static partial int ncclGroupEnd();

    [LibraryImport(Library)]
    public static partial int ncclAllGather(CUdeviceptr send, CUdeviceptr receive, nuint count, int type, nint communicator, CUstream stream);

    [LibraryImport(Library)]
    public static partial int ncclBroadcast(CUdeviceptr send, CUdeviceptr receive, nuint count, int type, int root, nint communicator, CUstream stream);
}
