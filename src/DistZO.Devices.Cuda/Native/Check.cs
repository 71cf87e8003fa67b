using System.Runtime.InteropServices;

namespace DistZO.Devices.Cuda.Native;

/// <summary>Turns error codes into exceptions.</summary>
internal static class Check
{
    /// <summary>Of the driver.</summary>
    /// <exception cref="RunFailedException">The code is not success; the message has the driver's words.</exception>
    public static void Driver(int code, string what)
    {
        if (code != CudaDriver.Success) throw Failed(code, what);
    }

    /// <summary>As an exception, for code that looks at the code itself first.</summary>
    public static RunFailedException Failed(int code, string what)
    {
        CudaDriver.cuGetErrorName(code, out var name);
        CudaDriver.cuGetErrorString(code, out var text);
        return new RunFailedException($"the GPU failed to {what}: {Marshal.PtrToStringUTF8(name)} ({Marshal.PtrToStringUTF8(text)})");
    }

    /// <summary>Of cuBLASLt.</summary>
    public static void Matrices(int code, string what)
    {
        if (code != CublasLt.Success) throw new RunFailedException($"cuBLASLt failed to {what}: status {code}");
    }

    /// <summary>Of NVRTC.</summary>
    public static void Compiler(int code, string what)
    {
        if (code != Nvrtc.Success) throw new RunFailedException($"NVRTC failed to {what}: error {code}");
    }

    /// <summary>Of NCCL.</summary>
    public static void Collectives(int code, string what)
    {
        if (code != Nccl.Success) throw new RunFailedException($"NCCL failed to {what}: {Marshal.PtrToStringUTF8(Nccl.ncclGetErrorString(code))} (NCCL_DEBUG=INFO has it say more)");
    }
}
