using System.Runtime.InteropServices;
using System.Text;
using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Compiles kernels for a GPU with NVRTC.</summary>
internal static unsafe class KernelCompiler
{
    /// <summary>
    /// What bits depend on: no contraction of a multiplication and an addition that the source does not ask for, IEEE division and square root,
    /// subnormals kept.
    /// </summary>
    private static readonly string[] Options = ["--std=c++17", "--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false"];

    /// <summary>The options for a GPU.</summary>
    /// <param name="capability">Its compute capability: 90 for 9.0.</param>
    public static IReadOnlyList<string> OptionsFor(int capability) => [$"--gpu-architecture=sm_{capability}", .. Options];

    /// <summary>The compiler's version, as people write it.</summary>
    public static string Version
    {
        get
        {
            Check.Compiler(Nvrtc.nvrtcVersion(out var major, out var minor), "tell its version");
            return $"{major}.{minor}";
        }
    }

    /// <summary>Compiles one program.</summary>
    /// <param name="name">The file, one of <see cref="KernelSources.Programs"/>.</param>
    /// <param name="capability">Of the GPU: 90 for 9.0.</param>
    /// <returns>The image, and what the compiler said.</returns>
    /// <exception cref="RunFailedException">It does not compile; the message has the compiler's words.</exception>
    public static (byte[] Image, string Log) Compile(string name, int capability)
    {
        using var texts = new NativeTexts();
        var headers = KernelSources.Headers;
        Check.Compiler(
            Nvrtc.nvrtcCreateProgram(out var program, KernelSources.Read(name), name, headers.Count, texts.Array(headers.Select(KernelSources.Read)), texts.Array(headers)),
            "take a program");
        try
        {
            var options = OptionsFor(capability);
            var code = Nvrtc.nvrtcCompileProgram(program, options.Count, texts.Array(options));
            Check.Compiler(Nvrtc.nvrtcGetProgramLogSize(program, out var length), "tell its log");
            var log = new byte[length];
            fixed (byte* to = log) Check.Compiler(Nvrtc.nvrtcGetProgramLog(program, to), "tell its log");
            var text = Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
            if (code != Nvrtc.Success)
                throw new RunFailedException($"NVRTC {Version} does not compile {name} for compute capability {capability / 10}.{capability % 10}; a newer CUDA toolkit may: {text}");
            Check.Compiler(Nvrtc.nvrtcGetCUBINSize(program, out var bytes), "give the image");
            var image = new byte[bytes];
            fixed (byte* to = image) Check.Compiler(Nvrtc.nvrtcGetCUBIN(program, to), "give the image");
            return (image, text);
        }
        finally
        {
            _ = Nvrtc.nvrtcDestroyProgram(ref program);
        }
    }

    /// <summary>Strings in native memory.</summary>
    private sealed class NativeTexts : IDisposable
    {
        private readonly List<nint> _owned = [];

        public byte** Array(IEnumerable<string> texts)
        {
            var pointers = texts.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
            var array = Marshal.AllocCoTaskMem(Math.Max(1, pointers.Length) * sizeof(nint));
            pointers.CopyTo(new Span<nint>((void*)array, pointers.Length));
            _owned.AddRange([.. pointers, array]);
            return (byte**)array;
        }

        public void Dispose()
        {
            foreach (var memory in _owned) Marshal.FreeCoTaskMem(memory);
        }
    }
}
