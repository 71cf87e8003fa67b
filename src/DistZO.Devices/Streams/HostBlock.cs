using System.Runtime.InteropServices;

namespace DistZO.Devices;

/// <summary>
/// A block in host memory. It has one version: what writes it and what reads it are kept apart by events, and a crash loses it whole.
/// </summary>
public sealed unsafe class HostBlock : StoredBlock
{
    private byte* _pointer;

    /// <param name="layout">What is stored.</param>
    /// <exception cref="RunFailedException">There is not enough memory.</exception>
    public HostBlock(BlockLayout layout)
        : this(layout.Name, layout.Bytes, layout.TrainedBytes)
    {
    }

    /// <param name="name">For people.</param>
    /// <param name="bytes">Of all of it; a multiple of <see cref="BlockLayout.Alignment"/>.</param>
    /// <param name="trainedBytes">Of its trained tensors.</param>
    /// <exception cref="RunFailedException">There is not enough memory.</exception>
    public HostBlock(string name, long bytes, long trainedBytes)
    {
        (Name, Bytes, TrainedBytes) = (name, bytes, trainedBytes);
        try
        {
            _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, BlockLayout.Alignment);
        }
        catch (OutOfMemoryException e)
        {
            throw new RunFailedException($"There is not enough host memory for {Bytes / 1e6:N0} MB more; use --offload disk.", e);
        }

        NativeMemory.Clear(_pointer, (nuint)Bytes);
    }

    ~HostBlock() => Free();

    /// <summary>Raised by <see cref="Dispose"/> while the memory is still there, for whoever has pinned it.</summary>
    public event Action? Disposing;

    public override string Name { get; }

    public override long Bytes { get; }

    public override long TrainedBytes { get; }

    public override StoredVersion? Version { get; protected set; }

    /// <summary>Its first byte, for devices that copy from it themselves; valid until it is disposed.</summary>
    public byte* Pointer => _pointer is null ? throw new ObjectDisposedException(Name) : _pointer;

    public override void Read(long offset, Span<byte> destination) => Range(offset, destination.Length).CopyTo(destination);

    public override void Write(long offset, ReadOnlySpan<byte> source) => source.CopyTo(Range(offset, source.Length));

    public override void Commit(StoredVersion version) => Version = version;

    public override void Dispose()
    {
        Disposing?.Invoke();
        Disposing = null;
        Free();
        GC.SuppressFinalize(this);
    }

    private Span<byte> Range(long offset, int count)
    {
        ObjectDisposedException.ThrowIf(_pointer is null, this);
        if (offset < 0 || offset + count > Bytes) throw new ArgumentOutOfRangeException(nameof(offset));
        return new Span<byte>(_pointer + offset, count);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
    }
}
