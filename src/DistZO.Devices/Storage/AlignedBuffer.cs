using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>
/// Bytes outside of the managed heap that begin at a multiple of <see cref="BlockLayout.Alignment"/>, as direct input and output ask for.
/// </summary>
public sealed unsafe class AlignedBuffer : IDisposable
{
    private readonly int _length;
    private byte* _pointer;

    /// <param name="length">Bytes; what they hold at first is not defined.</param>
    public AlignedBuffer(int length)
    {
        _length = length;
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), BlockLayout.Alignment);
    }

    ~AlignedBuffer() => Free();

    /// <summary>All of it; valid until it is disposed.</summary>
    public Span<byte> Span =>
        _pointer is not null ? new Span<byte>(_pointer, _length) : throw new ObjectDisposedException(nameof(AlignedBuffer));

    /// <summary>Whether bytes begin at such a multiple.</summary>
    public static bool IsAligned(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes) return (nuint)first % BlockLayout.Alignment == 0;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
