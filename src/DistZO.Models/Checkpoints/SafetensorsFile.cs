using System.Buffers.Binary;
using DistZO.Devices;
using Microsoft.Win32.SafeHandles;

namespace DistZO.Models;

/// <summary>
/// A safetensors file, open for reading. Opening reads and checks only the header; tensors of any size are then read piece by piece,
/// from any number of threads. Plain positioned reads instead of a memory map: a file that shrinks or a disk that fails is then an
/// error with a message, not a signal that kills the process, and resident memory is the caller's buffers and nothing else.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, SafetensorsEntry> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, long bytes, SafetensorsHeader header)
    {
        Path = path;
        Bytes = bytes;
        Entries = header.Entries;
        Metadata = header.Metadata;
        _handle = handle;
        _byName = header.Entries.ToDictionary(entry => entry.Name);
    }

    /// <summary>The path it was opened by.</summary>
    public string Path { get; }

    /// <summary>Size of the whole file.</summary>
    public long Bytes { get; }

    /// <summary>Its tensors, in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    /// <summary>Its tensors, to be read. They live as long as this file is open.</summary>
    public IReadOnlyList<CheckpointTensor> Tensors => [.. Entries.Select(entry => new CheckpointTensor(this, entry))];

    /// <summary>Text about the file, such as <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="BadInputException">The file cannot be opened, or it is not a sound safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path);
            var bytes = RandomAccess.GetLength(handle);
            return new SafetensorsFile(path, handle, bytes, ReadHeader(handle, bytes, path));
        }
        catch (Exception e)
        {
            handle?.Dispose();
            if (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                throw new BadInputException($"cannot read '{path}' ({e.Message.TrimEnd('.')}); check the path and its permissions", e);
            }

            throw;
        }
    }

    /// <summary>The tensor of this name, or null.</summary>
    public SafetensorsEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Reads a tensor's little-endian bytes from byte <paramref name="offset"/> of the tensor on. Safe on any thread.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range leaves the tensor.</exception>
    /// <exception cref="BadInputException">The file has become shorter since it was opened.</exception>
    /// <exception cref="RunFailedException">The disk failed.</exception>
    public void Read(SafetensorsEntry entry, long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, entry.Bytes - destination.Length);
        try
        {
            if (ReadFully(_handle, entry.Offset + offset, destination)) return;
        }
        catch (IOException e)
        {
            throw new RunFailedException($"cannot read tensor '{entry.Name}' of '{Path}' ({e.Message.TrimEnd('.')}); check the disk", e);
        }

        throw SafetensorsHeader.Unsound(Path, $"tensor '{entry.Name}': the file was cut short while it was in use");
    }

    /// <summary>Counts for people.</summary>
    public SafetensorsSummary Summarize() => SafetensorsSummary.Of(Entries);

    /// <summary>Lets the system forget what it keeps of the file in memory, for when it was read for the last time. Reading goes on as before.</summary>
    public void DropCachedPages() => PageCache.Drop(_handle);

    public void Dispose() => _handle.Dispose();

    private static SafetensorsHeader ReadHeader(SafeFileHandle handle, long bytes, string path)
    {
        Span<byte> prefix = stackalloc byte[SafetensorsHeader.PrefixBytes];
        if (bytes < prefix.Length || !ReadFully(handle, 0, prefix))
        {
            throw SafetensorsHeader.Unsound(path, $"it has {bytes} bytes, and even the header's length takes {prefix.Length}");
        }

        // What a clone without Git LFS holds in the place of the weights; its first bytes would read as an absurd length.
        if (prefix.SequenceEqual("version "u8))
        {
            throw new BadInputException($"'{path}' is a Git LFS pointer, not the weights themselves; fetch them with 'git lfs pull'");
        }

        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > SafetensorsHeader.MaxBytes)
        {
            throw SafetensorsHeader.Unsound(path, $"its header claims {length} bytes, more than the allowed {SafetensorsHeader.MaxBytes}");
        }

        var left = bytes - prefix.Length;
        if ((long)length > left)
        {
            throw SafetensorsHeader.Unsound(path, $"its header claims {length} bytes, but only {left} follow (cut short)");
        }


        var json = new byte[length];
        if (!ReadFully(handle, prefix.Length, json)) throw SafetensorsHeader.Unsound(path, "it was cut short while it was read");
        return SafetensorsHeader.Parse(json, left - (long)length, path);
    }

    private static bool ReadFully(SafeFileHandle handle, long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0) return false;
            destination = destination[read..];
            offset += read;
        }

        return true;
    }
}
