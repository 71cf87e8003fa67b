using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Native;

/// <summary>The entry points of cuBLASLt (cublasLt.h), and the numbers of its enumerations that are used.</summary>
internal static unsafe partial class CublasLt
{
    public const string Library = "libcublasLt";

    public const int Success = 0;

    // cudaDataType
    public const int Real32 = 0;
    public const int Real16 = 2;
    public const int RealBFloat16 = 14;

    // cublasComputeType_t
    public const int Compute32 = 68;
    public const int Compute32FastTf32 = 77;

    // cublasLtMatmulDescAttributes_t
    public const int TransposeA = 3;
    public const int TransposeB = 4;
    public const int Epilogue = 7;
    public const int BiasPointer = 8;
    public const int BiasBatchStride = 10;
    public const int BiasDataType = 26;

    // cublasLtEpilogue_t
    public const uint EpilogueDefault = 1;
    public const uint EpilogueRelu = 2;
    public const uint EpilogueBias = 4;

    // cublasLtMatrixLayoutAttribute_t
    public const int BatchCount = 5;
    public const int BatchStride = 6;

    // cublasLtMatmulPreferenceAttributes_t
    public const int MaxWorkspaceBytes = 1;
    public const int MinAlignmentA = 5;
    public const int MinAlignmentD = 8;

    [LibraryImport(Library)]
    public static partial int cublasLtCreate(out nint handle);

    [LibraryImport(Library)]
    public static partial int cublasLtDestroy(nint handle);

    [LibraryImport(Library)]
    public static partial nuint cublasLtGetVersion();

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescCreate(out nint description, int computeType, int scaleType);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescDestroy(nint description);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulDescSetAttribute(nint description, int attribute, void* value, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutCreate(out nint layout, int type, ulong rows, ulong columns, long leadingDimension);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutDestroy(nint layout);

    [LibraryImport(Library)]
    public static partial int cublasLtMatrixLayoutSetAttribute(nint layout, int attribute, void* value, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceCreate(out nint preference);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceDestroy(nint preference);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulPreferenceSetAttribute(nint preference, int attribute, void* value, nuint bytes);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmulAlgoGetHeuristic(
        nint handle, nint description, nint a, nint b, nint c, nint d, nint preference, int wanted, MatmulHeuristic* results, out int found);

    [LibraryImport(Library)]
    public static partial int cublasLtMatmul(
        nint handle,
        nint description,
        void* alpha,
        CUdeviceptr a,
        nint layoutA,
        CUdeviceptr b,
        nint layoutB,
        void* beta,
        CUdeviceptr c,
        nint layoutC,
        CUdeviceptr d,
        nint layoutD,
        MatmulHeuristic* algorithm,
        CUdeviceptr workspace,
        nuint workspaceBytes,
        CUstream stream);
}

/// <summary>cublasLtMatmulHeuristicResult_t, 96 bytes; the algorithm stands first, so its address is the algorithm's.</summary>
internal unsafe struct MatmulHeuristic
{
    public fixed ulong Algorithm[8];
    public nuint WorkspaceBytes;
    public int Status;
    public float Waves;
    public fixed int Reserved[4];
}
