using System.Reflection;
using System.Runtime.InteropServices;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda.Tests.Native;

/// <summary>What the bindings import, held against the real libraries where these are installed. None of it needs a GPU.</summary>
public sealed class EntryPointTests
{
    [SkippableTheory]
    [InlineData(typeof(CudaDriver), "libcuda.so.1")]
    [InlineData(typeof(CublasLt), "libcublasLt.so.13 libcublasLt.so.12 libcublasLt.so.11")]
    [InlineData(typeof(Nvrtc), "libnvrtc.so.13 libnvrtc.so.12 libnvrtc.so.11.2")]
    [InlineData(typeof(Nccl), "libnccl.so.2")]
    public void Library_HasWhatIsImported(Type imports, string files)
    {
        var library = RealLibraries.Find(files);
        var names = imports.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly).Select(method => method.Name).ToList();
        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, name => !NativeLibrary.TryGetExport(library, name, out _));
    }

    [Fact]
    public unsafe void Structures_HaveTheSizesOfTheHeaders()
    {
        Assert.Equal(88, sizeof(CUmemPoolProps));
        Assert.Equal(12, sizeof(CUmemAccessDesc));
        Assert.Equal(96, sizeof(MatmulHeuristic));
        Assert.Equal(8, sizeof(CUdeviceptr));
        Assert.Equal(4, sizeof(CUdevice));
        Assert.Equal(8, sizeof(KernelArgument));
        Assert.Equal(16, sizeof(DeviceProbe));
        Assert.Equal(16, sizeof(DeviceUpdate));
        Assert.Equal(16, sizeof(DeviceDirection));
        Assert.Equal(8, sizeof(QueryTile));
    }

    /// <summary>cuBLASLt refuses an attribute whose size is not that of its type, so one that it takes has the right number and type.</summary>
    [SkippableFact]
    public unsafe void CublasLt_TakesTheAttributesThatAreSet()
    {
        var library = RealLibraries.Find("libcublasLt.so.13 libcublasLt.so.12 libcublasLt.so.11");
        var create = (delegate* unmanaged<nint*, int, int, int>)NativeLibrary.GetExport(library, "cublasLtMatmulDescCreate");
        var set = (delegate* unmanaged<nint, int, void*, nuint, int>)NativeLibrary.GetExport(library, "cublasLtMatmulDescSetAttribute");
        nint description;
        Assert.Equal(0, create(&description, CublasLt.Compute32FastTf32, CublasLt.Real32));
        var value = 1L;
        foreach (var attribute in (int[])[CublasLt.TransposeA, CublasLt.TransposeB, CublasLt.Epilogue, CublasLt.BiasDataType])
        {
            Assert.Equal(0, set(description, attribute, &value, sizeof(int)));
            Assert.NotEqual(0, set(description, attribute, &value, sizeof(long)));
        }

        foreach (var attribute in (int[])[CublasLt.BiasPointer, CublasLt.BiasBatchStride])
        {
            Assert.Equal(0, set(description, attribute, &value, sizeof(long)));
            Assert.NotEqual(0, set(description, attribute, &value, sizeof(int)));
        }

        var createLayout = (delegate* unmanaged<nint*, int, ulong, ulong, long, int>)NativeLibrary.GetExport(library, "cublasLtMatrixLayoutCreate");
        var setLayout = (delegate* unmanaged<nint, int, void*, nuint, int>)NativeLibrary.GetExport(library, "cublasLtMatrixLayoutSetAttribute");
        nint layout;
        Assert.Equal(0, createLayout(&layout, CublasLt.RealBFloat16, 64, 32, 64));
        Assert.Equal(0, setLayout(layout, CublasLt.BatchCount, &value, sizeof(int)));
        Assert.NotEqual(0, setLayout(layout, CublasLt.BatchCount, &value, sizeof(long)));
        Assert.Equal(0, setLayout(layout, CublasLt.BatchStride, &value, sizeof(long)));
        Assert.NotEqual(0, setLayout(layout, CublasLt.BatchStride, &value, sizeof(int)));

        var createPreference = (delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "cublasLtMatmulPreferenceCreate");
        var setPreference = (delegate* unmanaged<nint, int, void*, nuint, int>)NativeLibrary.GetExport(library, "cublasLtMatmulPreferenceSetAttribute");
        nint preference;
        Assert.Equal(0, createPreference(&preference));
        Assert.Equal(0, setPreference(preference, CublasLt.MaxWorkspaceBytes, &value, sizeof(ulong)));
        for (var attribute = CublasLt.MinAlignmentA; attribute <= CublasLt.MinAlignmentD; attribute++)
            Assert.Equal(0, setPreference(preference, attribute, &value, sizeof(uint)));
    }
}
