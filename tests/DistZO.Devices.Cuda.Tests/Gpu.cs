using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace DistZO.Devices.Cuda.Tests;

/// <summary>
/// A GPU, emulated or real, with the kernels on it, called by the driver's entry points and nothing else. Memory that a test takes is given back, and
/// looked at for writes beside it, when it is disposed.
/// </summary>
internal sealed unsafe class Gpu : IDisposable
{
    public const int Threads = 256;

    private static readonly Dictionary<string, byte[]> Images = [];

    private readonly EmulatorFixture _emulator;
    private readonly nint _driver;
    private readonly List<ulong> _memory = [];
    private readonly List<nint> _modules = [];

    /// <param name="emulator">The libraries.</param>
    /// <param name="programs">Files of kernels, without their ending.</param>
    public Gpu(EmulatorFixture emulator, params string[] programs)
        : this(emulator, null, programs)
    {
    }

    /// <param name="emulator">The libraries.</param>
    /// <param name="capability">What kernels are compiled for; null for the GPU at hand.</param>
    /// <param name="programs">Files of kernels, without their ending.</param>
    public Gpu(EmulatorFixture emulator, string? capability, string[] programs)
    {
        emulator.RequireAny();
        _emulator = emulator;
        _driver = NativeLibrary.Load(emulator.Driver);
        Check(((delegate* unmanaged<uint, int>)Entry("cuInit"))(0));
        nint context;
        Check(((delegate* unmanaged<nint*, int, int>)Entry("cuDevicePrimaryCtxRetain"))(&context, 0));
        Check(((delegate* unmanaged<nint, int>)Entry("cuCtxSetCurrent"))(context));
        foreach (var program in programs) _modules.Add(Load(Image(emulator, program, capability)));
    }

    /// <summary>An entry point of the driver.</summary>
    public nint Entry(string name) => NativeLibrary.GetExport(_driver, name);

    /// <summary>Memory with these values.</summary>
    public ulong Upload<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var address = Allocate(Math.Max(1, values.Length * sizeof(T)));
        fixed (T* source = values)
        {
            if (!values.IsEmpty) Check(((delegate* unmanaged<ulong, void*, nuint, int>)Entry("cuMemcpyHtoD_v2"))(address, source, (nuint)(values.Length * sizeof(T))));
        }

        return address;
    }

    /// <summary>Memory whose content is not set.</summary>
    public ulong Allocate(long bytes)
    {
        ulong address;
        Check(((delegate* unmanaged<ulong*, nuint, int>)Entry("cuMemAlloc_v2"))(&address, (nuint)bytes));
        _memory.Add(address);
        return address;
    }

    public T[] Download<T>(ulong address, int count)
        where T : unmanaged
    {
        var values = new T[count];
        fixed (T* to = values) Check(((delegate* unmanaged<void*, ulong, nuint, int>)Entry("cuMemcpyDtoH_v2"))(to, address, (nuint)(count * sizeof(T))));
        return values;
    }

    /// <summary>Runs a kernel to its end.</summary>
    public void Launch(string kernel, (int X, int Y, int Z) grid, int threads, params ReadOnlySpan<Argument> arguments)
    {
        var pointers = stackalloc void*[arguments.Length];
        fixed (Argument* first = arguments)
        {
            for (var i = 0; i < arguments.Length; i++) pointers[i] = first + i;
            var launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Entry("cuLaunchKernel");
            Check(launch(Find(kernel), (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, 0, 0, pointers, null));
        }

        Check(((delegate* unmanaged<nint, int>)Entry("cuStreamSynchronize"))(0));
    }

    /// <summary>The compiled form of a file of kernels.</summary>
    public static byte[] Image(EmulatorFixture emulator, string program, string? capability = null)
    {
        capability ??= emulator.Capability;
        if (Images.TryGetValue(program + capability, out var known)) return known;
        var (code, image, log) = new RuntimeCompiler(NativeLibrary.Load(emulator.Compiler)).Compile(program, capability);
        Assert.True(code == 0, log);
        return Images[program + capability] = image;
    }

    public void Dispose()
    {
        foreach (var address in _memory) Check(((delegate* unmanaged<ulong, int>)Entry("cuMemFree_v2"))(address));
        foreach (var module in _modules) Check(((delegate* unmanaged<nint, int>)Entry("cuModuleUnload"))(module));
        Check(((delegate* unmanaged<int, int>)Entry("cuDevicePrimaryCtxRelease_v2"))(0));
        Assert.Equal(0, _emulator.TakeError());
    }

    private static void Check(int code) => Assert.Equal(0, code);

    private nint Load(byte[] image)
    {
        nint module;
        fixed (byte* data = image) Check(((delegate* unmanaged<nint*, byte*, int>)Entry("cuModuleLoadData"))(&module, data));
        return module;
    }

    private nint Find(string kernel)
    {
        foreach (var module in _modules)
        {
            nint function;
            fixed (byte* name = Encoding.UTF8.GetBytes(kernel + '\0'))
            {
                if (((delegate* unmanaged<nint*, nint, byte*, int>)Entry("cuModuleGetFunction"))(&function, module, name) == 0) return function;
            }
        }

        throw new InvalidOperationException($"there is no kernel '{kernel}'");
    }
}

/// <summary>An argument of a kernel, of at most 8 bytes.</summary>
internal readonly struct Argument
{
    private readonly ulong _bits;

    private Argument(ulong bits) => _bits = bits;

    public static implicit operator Argument(ulong value) => new(value);

    public static implicit operator Argument(long value) => new((ulong)value);

    public static implicit operator Argument(int value) => new((uint)value);

    public static implicit operator Argument(uint value) => new(value);

    public static implicit operator Argument(bool value) => new(value ? 1u : 0u);

    public static implicit operator Argument(float value) => new(BitConverter.SingleToUInt32Bits(value));

    public static implicit operator Argument(WeightType type) => new((uint)type);

    public override string ToString() => $"{_bits:x}";
}
