using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>The kernels of one GPU, loaded.</summary>
internal sealed unsafe class KernelModule : IDisposable
{
    private readonly CudaContext _context;
    private readonly List<CUmodule> _modules = [];
    private readonly Dictionary<string, CUfunction> _functions = [];

    /// <exception cref="BadInputException">NVRTC is missing.</exception>
    /// <exception cref="RunFailedException">A kernel does not compile or load.</exception>
    public KernelModule(CudaContext context)
    {
        _context = context;
        if (context.IsImagined) return;
        NativeLibraries.Require(NativeLibraries.Compiler);
        context.Enter();
        foreach (var program in KernelSources.Programs) _modules.Add(Load(program));
    }

    /// <summary>Queues a kernel.</summary>
    /// <param name="kernel">Its name.</param>
    /// <param name="grid">Blocks; nothing happens where one of the numbers is 0.</param>
    /// <param name="threads">Threads a block.</param>
    /// <param name="sharedBytes">Shared memory a block that the kernel does not declare itself.</param>
    /// <param name="stream">Where it is queued.</param>
    /// <param name="arguments">In the order of its parameters.</param>
    public void Launch(string kernel, KernelGrid grid, int threads, int sharedBytes, CUstream stream, params ReadOnlySpan<KernelArgument> arguments)
    {
        if (grid.X == 0 || grid.Y == 0 || grid.Z == 0 || _context.IsImagined) return;
        var function = Find(kernel, sharedBytes);
        var pointers = stackalloc void*[arguments.Length];
        fixed (KernelArgument* first = arguments)
        {
            for (var i = 0; i < arguments.Length; i++) pointers[i] = first + i;
            Check.Driver(
                CudaDriver.cuLaunchKernel(function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)threads, 1, 1, (uint)sharedBytes, stream, pointers, null),
                $"run {kernel}");
        }
    }

    public void Dispose()
    {
        _context.Enter();
        foreach (var module in _modules) _ = CudaDriver.cuModuleUnload(module);
        _modules.Clear();
    }

    private CUmodule Load(string program)
    {
        var code = TryLoad(KernelCache.Get(program, _context.Capability, anew: false), out var module);
        // A damaged file of the cache is replaced.
        if (code != CudaDriver.Success) Check.Driver(TryLoad(KernelCache.Get(program, _context.Capability, anew: true), out module), $"load {program}");
        return module;
    }

    private static int TryLoad(byte[] image, out CUmodule module)
    {
        fixed (byte* data = image) return CudaDriver.cuModuleLoadData(out module, data);
    }

    private CUfunction Find(string kernel, int sharedBytes)
    {
        if (_functions.TryGetValue(kernel, out var known)) return known;
        foreach (var module in _modules)
        {
            if (CudaDriver.cuModuleGetFunction(out var function, module, kernel) != CudaDriver.Success) continue;
            if (sharedBytes > 48 << 10)
                Check.Driver(CudaDriver.cuFuncSetAttribute(function, CudaDriver.FunctionDynamicSharedBytes, _context.SharedBytes), $"give {kernel} more shared memory");
            return _functions[kernel] = function;
        }

        throw new InvalidOperationException($"there is no kernel '{kernel}'");
    }
}

/// <summary>How many blocks of threads run a kernel.</summary>
internal readonly record struct KernelGrid(int X, int Y = 1, int Z = 1)
{
    /// <summary>As many blocks as hold so many threads, of which the kernel's loop takes all if there are fewer.</summary>
    /// <param name="count">Threads that are wanted.</param>
    /// <param name="threads">Threads a block.</param>
    public static KernelGrid Over(long count, int threads) => new((int)Math.Min((count + threads - 1) / threads, 1 << 20));
}
