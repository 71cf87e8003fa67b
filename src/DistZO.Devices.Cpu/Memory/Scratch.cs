namespace DistZO.Devices.Cpu;

/// <summary>A buffer that one thread of one kernel keeps between calls and that only grows.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private HostMemory? _memory;

    /// <summary>At least this many floats; what an earlier call wrote may be gone.</summary>
    public float* Floats(long count)
    {
        var bytes = count * sizeof(float);
        if (_memory is null || _memory.Bytes < bytes)
        {
            _memory?.Dispose();
            _memory = new HostMemory(bytes + (bytes / 4));
        }

        return (float*)_memory.Pointer;
    }

    public void Dispose() => _memory?.Dispose();
}
