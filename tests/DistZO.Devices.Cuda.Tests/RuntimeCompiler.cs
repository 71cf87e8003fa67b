using System.Runtime.InteropServices;
using System.Text;

namespace DistZO.Devices.Cuda.Tests;

/// <summary>NVRTC, NVIDIA's or the emulated one, over the kernels of this repository.</summary>
internal sealed unsafe class RuntimeCompiler(nint library)
{
    private static readonly string[] Options = ["--std=c++17", "--fmad=false", "--prec-div=true", "--prec-sqrt=true", "--ftz=false"];

    /// <summary>Files of kernels, without their ending.</summary>
    public static IEnumerable<string> Programs => KernelSources.Programs.Select(file => Path.GetFileNameWithoutExtension(file)!);

    /// <summary>Compiles one file.</summary>
    /// <returns>NVRTC's code, the image (empty if there is none), and what the compiler said.</returns>
    public (int Code, byte[] Image, string Log) Compile(string program, string capability, params string[] more) =>
        CompileText(program + ".cu", KernelSources.Read(program + ".cu"), capability, more);

    /// <summary>Compiles a text, which may include the kernels' headers.</summary>
    public (int Code, byte[] Image, string Log) CompileText(string name, string source, string capability, params string[] more)
    {
        var headers = KernelSources.Headers;
        using var texts = new NativeTexts();
        nint handle;
        var create = (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, int>)NativeLibrary.GetExport(library, "nvrtcCreateProgram");
        Assert.Equal(0, create(&handle, texts.One(source), texts.One(name), headers.Count, texts.Many(headers.Select(KernelSources.Read)), texts.Many(headers)));
        string[] options = [$"--gpu-architecture={capability}", .. Options, .. more];
        var code = ((delegate* unmanaged<nint, int, byte**, int>)NativeLibrary.GetExport(library, "nvrtcCompileProgram"))(handle, options.Length, texts.Many(options));
        var log = Encoding.UTF8.GetString(Read(handle, "nvrtcGetProgramLog")).TrimEnd('\0');
        var image = code == 0 ? Read(handle, "nvrtcGetCUBIN") : [];
        Assert.Equal(0, ((delegate* unmanaged<nint*, int>)NativeLibrary.GetExport(library, "nvrtcDestroyProgram"))(&handle));
        return (code, image, log);
    }

    private byte[] Read(nint program, string what)
    {
        nuint bytes;
        Assert.Equal(0, ((delegate* unmanaged<nint, nuint*, int>)NativeLibrary.GetExport(library, what + "Size"))(program, &bytes));
        var data = new byte[bytes];
        fixed (byte* to = data) Assert.Equal(0, ((delegate* unmanaged<nint, byte*, int>)NativeLibrary.GetExport(library, what))(program, to));
        return data;
    }

    /// <summary>Strings in native memory.</summary>
    private sealed class NativeTexts : IDisposable
    {
        private readonly List<nint> _owned = [];

        public byte* One(string text)
        {
            _owned.Add(Marshal.StringToCoTaskMemUTF8(text));
            return (byte*)_owned[^1];
        }

        public byte** Many(IEnumerable<string> texts)
        {
            var pointers = texts.Select(text => (nint)One(text)).ToArray();
            var array = Marshal.AllocCoTaskMem(Math.Max(1, pointers.Length) * sizeof(nint));
            _owned.Add(array);
            pointers.CopyTo(new Span<nint>((void*)array, pointers.Length));
            return (byte**)array;
        }

        public void Dispose()
        {
            foreach (var memory in _owned) Marshal.FreeCoTaskMem(memory);
        }
    }
}
