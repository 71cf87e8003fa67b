using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Tests;

/// <summary>The emulated driver shows what a GPU would punish: what these tests do wrong must not go unnoticed.</summary>
[Collection(EmulatorCollection.Name)]
public sealed unsafe class EmulatorTests
{
    private const int Bytes = 1 << 16;

    private readonly EmulatorFixture _emulator;

    public EmulatorTests(EmulatorFixture emulator)
    {
        _emulator = emulator;
        emulator.Require();
    }

    /// <summary>Two streams that no event puts in order: with late starts, the second reads what the first has not written.</summary>
    [SkippableFact]
    public void MissingEvent_Shows()
    {
        Assert.Contains(Enumerable.Range(1, 40), seed => Chain(seed, waits: false) != 0x11);
        Assert.DoesNotContain(Enumerable.Range(1, 40), seed => Chain(seed, waits: true) != 0x11);
    }

    [SkippableFact]
    public void Memory_IsPoisonedWhenItIsMadeAndFreed()
    {
        using var gpu = new Gpu(_emulator);
        var stream = Stream(gpu);
        ulong address;
        Assert.Equal(0, ((delegate* unmanaged<ulong*, nuint, nint, int>)gpu.Entry("cuMemAllocAsync"))(&address, Bytes, stream));
        Assert.All(gpu.Download<byte>(address, Bytes), x => Assert.Equal(0xFF, x));
        var free = (delegate* unmanaged<ulong, nint, int>)gpu.Entry("cuMemFreeAsync");
        Assert.Equal(0, free(address, stream));
        Assert.Equal(1, free(address, stream));
        var copy = (delegate* unmanaged<void*, ulong, nuint, int>)gpu.Entry("cuMemcpyDtoH_v2");
        byte x;
        Assert.Equal(1, copy(&x, address, 1));
        Destroy(gpu, stream);
    }

    [SkippableFact]
    public void CopyBeyondAnAllocation_IsRefused()
    {
        using var gpu = new Gpu(_emulator);
        var address = gpu.Upload<byte>(new byte[100]);
        var copy = (delegate* unmanaged<void*, ulong, nuint, int>)gpu.Entry("cuMemcpyDtoH_v2");
        var to = stackalloc byte[101];
        Assert.Equal(0, copy(to, address, 100));
        Assert.Equal(1, copy(to, address, 101));
        Assert.Equal(1, copy(to, address + 1, 100));
    }

    [SkippableFact]
    public void KernelThatWritesBesideItsMemory_IsFound()
    {
        var gpu = new Gpu(_emulator, "rows");
        var memory = gpu.Upload<float>(new float[8]);
        gpu.Launch("copy_rows", (1, 1, 1), 32, memory, 0, 8, 0, 1, 0UL, memory, 0, 8, 1, gpu.Upload<int>([1]), 4, 1, 1);
        var free = (delegate* unmanaged<ulong, nint, int>)gpu.Entry("cuMemFreeAsync");
        var other = gpu.Allocate(16);
        Assert.Equal(0, free(other, 0));
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(gpu.Dispose);
        Assert.Equal(700, _emulator.TakeError());
        // What the failed disposal left.
        ((delegate* unmanaged<int, int>)gpu.Entry("cuDevicePrimaryCtxRelease_v2"))(0);
    }

    [SkippableFact]
    public void Handle_ThatIsDestroyed_IsUnknown()
    {
        using var gpu = new Gpu(_emulator);
        var before = _emulator.Live();
        var stream = Stream(gpu);
        nint happened;
        Assert.Equal(0, ((delegate* unmanaged<nint*, uint, int>)gpu.Entry("cuEventCreate"))(&happened, 2));
        Assert.NotEqual(before, _emulator.Live());
        var destroy = (delegate* unmanaged<nint, int>)gpu.Entry("cuEventDestroy_v2");
        Assert.Equal(0, destroy(happened));
        Assert.Equal(400, destroy(happened));
        Assert.Equal(400, ((delegate* unmanaged<nint, nint, int>)gpu.Entry("cuEventRecord"))(happened, stream));
        Destroy(gpu, stream);
        Assert.Equal(400, ((delegate* unmanaged<nint, int>)gpu.Entry("cuStreamDestroy_v2"))(stream));
        Assert.Equal(400, ((delegate* unmanaged<nint, int>)gpu.Entry("cuModuleUnload"))(1234));
        Assert.Equal(before, _emulator.Live());
    }

    [SkippableFact]
    public void Options_ChangeTheMachine()
    {
        using var gpu = new Gpu(_emulator);
        _emulator.Set("DISTZO_EMULATOR_DEVICES", "3");
        _emulator.Set("DISTZO_EMULATOR_MEMORY", "1000000");
        try
        {
            int count;
            Assert.Equal(0, ((delegate* unmanaged<int*, int>)gpu.Entry("cuDeviceGetCount"))(&count));
            Assert.Equal(3, count);
            ulong address;
            Assert.Equal(2, ((delegate* unmanaged<ulong*, nuint, int>)gpu.Entry("cuMemAlloc_v2"))(&address, 1_000_001));
        }
        finally
        {
            _emulator.Set("DISTZO_EMULATOR_DEVICES", null);
            _emulator.Set("DISTZO_EMULATOR_MEMORY", null);
        }
    }

    /// <summary>A barrier that not all threads come to, and one in a kernel whose threads read what others wrote.</summary>
    [SkippableTheory]
    [InlineData("if (threadIdx.x < 7) __syncthreads(); else __shfl_xor_sync(~0u, 1, 1);", 719)]
    [InlineData("__syncthreads();", 0)]
    public void Barrier_ThatSomeThreadsMiss_FailsTheLaunch(string barrier, int expected)
    {
        using var gpu = new Gpu(_emulator);
        var source = $$"""
            extern "C" __global__ void reverse(int* x)
            {
                __shared__ int own[64];
                own[threadIdx.x] = x[threadIdx.x];
                {{barrier}}
                x[threadIdx.x] = own[63 - threadIdx.x];
            }
            """;
        var (code, image, log) = new RuntimeCompiler(NativeLibrary.Load(Path.Combine(_emulator.Folder, "libnvrtc.so.11.2"))).CompileText("reverse.cu", source, "sm_90");
        Assert.True(code == 0, log);
        var memory = gpu.Upload<int>([.. Enumerable.Range(0, 64)]);
        nint module, function;
        fixed (byte* data = image) Assert.Equal(0, ((delegate* unmanaged<nint*, byte*, int>)gpu.Entry("cuModuleLoadData"))(&module, data));
        fixed (byte* name = "reverse\0"u8) Assert.Equal(0, ((delegate* unmanaged<nint*, nint, byte*, int>)gpu.Entry("cuModuleGetFunction"))(&function, module, name));
        var arguments = stackalloc void*[] { &memory };
        var launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)gpu.Entry("cuLaunchKernel");
        // A kernel that fails at once may be told by its own launch.
        var launched = launch(function, 1, 1, 1, 64, 1, 1, 0, 0, arguments, null);
        Assert.True(launched == 0 || launched == expected);
        Assert.Equal(expected, ((delegate* unmanaged<nint, int>)gpu.Entry("cuStreamSynchronize"))(0));
        Assert.Equal(expected, _emulator.TakeError());
        if (expected == 0) Assert.Equal(Enumerable.Range(0, 64).Reverse(), gpu.Download<int>(memory, 64));
        Assert.Equal(0, ((delegate* unmanaged<nint, int>)gpu.Entry("cuModuleUnload"))(module));
    }

    [SkippableFact]
    public void Compiler_RefusesWhatNvrtcRefuses()
    {
        var compiler = new RuntimeCompiler(NativeLibrary.Load(Path.Combine(_emulator.Folder, "libnvrtc.so.11.2")));
        var (code, _, log) = compiler.Compile("fold", "sm_90", "--default-device");
        Assert.Equal(5, code);
        Assert.Contains("--default-device", log, StringComparison.Ordinal);
        (code, _, log) = compiler.CompileText("wrong.cu", "extern \"C\" __global__ void f(int* x) { *x = nothing; }", "sm_90");
        Assert.Equal(6, code);
        Assert.Contains("nothing", log, StringComparison.Ordinal);
    }

    /// <summary>One stream fills memory in two operations, another reads it; returns the byte that was read.</summary>
    private byte Chain(int seed, bool waits)
    {
        using var gpu = new Gpu(_emulator);
        _emulator.Set("DISTZO_EMULATOR_DELAY", seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
        try
        {
            var (from, to) = (gpu.Upload<byte>(new byte[Bytes]), gpu.Upload<byte>(new byte[Bytes]));
            var (writer, reader) = (Stream(gpu), Stream(gpu));
            var set = (delegate* unmanaged<ulong, byte, nuint, nint, int>)gpu.Entry("cuMemsetD8Async");
            for (byte value = 0x0C; value <= 0x11; value++) Assert.Equal(0, set(from, value, Bytes, writer));
            nint happened;
            Assert.Equal(0, ((delegate* unmanaged<nint*, uint, int>)gpu.Entry("cuEventCreate"))(&happened, 2));
            Assert.Equal(0, ((delegate* unmanaged<nint, nint, int>)gpu.Entry("cuEventRecord"))(happened, writer));
            if (waits) Assert.Equal(0, ((delegate* unmanaged<nint, nint, uint, int>)gpu.Entry("cuStreamWaitEvent"))(reader, happened, 0));
            Assert.Equal(0, ((delegate* unmanaged<ulong, ulong, nuint, nint, int>)gpu.Entry("cuMemcpyDtoDAsync_v2"))(to, from, Bytes, reader));
            Assert.Equal(0, ((delegate* unmanaged<nint, int>)gpu.Entry("cuStreamSynchronize"))(reader));
            Assert.Equal(0, ((delegate* unmanaged<nint, int>)gpu.Entry("cuStreamSynchronize"))(writer));
            Assert.Equal(0, ((delegate* unmanaged<nint, int>)gpu.Entry("cuEventDestroy_v2"))(happened));
            Destroy(gpu, writer);
            Destroy(gpu, reader);
            return gpu.Download<byte>(to, 1)[0];
        }
        finally
        {
            _emulator.Set("DISTZO_EMULATOR_DELAY", null);
        }
    }

    private static nint Stream(Gpu gpu)
    {
        nint stream;
        Assert.Equal(0, ((delegate* unmanaged<nint*, uint, int>)gpu.Entry("cuStreamCreate"))(&stream, 1));
        return stream;
    }

    private static void Destroy(Gpu gpu, nint stream) => Assert.Equal(0, ((delegate* unmanaged<nint, int>)gpu.Entry("cuStreamDestroy_v2"))(stream));
}
