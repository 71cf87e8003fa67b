namespace DistZO.Devices.Cuda.Native;

// The driver's handles, named as in its header. None owns what it names.
internal readonly record struct CUdevice(int Ordinal);

internal readonly record struct CUcontext(nint Handle);

internal readonly record struct CUstream(nint Handle);

internal readonly record struct CUevent(nint Handle);

internal readonly record struct CUmodule(nint Handle);

internal readonly record struct CUfunction(nint Handle);

internal readonly record struct CUmemoryPool(nint Handle);

/// <summary>An address in device memory.</summary>
internal readonly record struct CUdeviceptr(ulong Address)
{
    public static CUdeviceptr Null => default;

    public static CUdeviceptr operator +(CUdeviceptr pointer, long bytes) => new(pointer.Address + (ulong)bytes);

    public static CUdeviceptr operator -(CUdeviceptr pointer, long bytes) => new(pointer.Address - (ulong)bytes);
}

/// <summary>A place of memory: CUmemLocation.</summary>
internal struct CUmemLocation
{
    /// <summary>CU_MEM_LOCATION_TYPE_DEVICE.</summary>
    public const int TypeDevice = 1;

    public int Type;
    public int Id;
}

/// <summary>What a pool of memory is made for: CUmemPoolProps, 88 bytes.</summary>
internal unsafe struct CUmemPoolProps
{
    /// <summary>CU_MEM_ALLOCATION_TYPE_PINNED: memory of a device that stays where it is.</summary>
    public const int AllocationPinned = 1;

    public int AllocationType;
    public int HandleTypes;
    public CUmemLocation Location;
    public nint SecurityAttributes;
    public fixed byte Reserved[64];
}

/// <summary>Who may use a pool's memory: CUmemAccessDesc.</summary>
internal struct CUmemAccessDesc
{
    /// <summary>CU_MEM_ACCESS_FLAGS_PROT_READWRITE.</summary>
    public const int ReadWrite = 3;

    public CUmemLocation Location;
    public int Flags;
}
