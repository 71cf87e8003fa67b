using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>A tensor of a checkpoint. Lives as long as its <see cref="Checkpoint"/>.</summary>
public sealed class CheckpointTensor
{
    private readonly SafetensorsFile _file;
    private readonly SafetensorsEntry _entry;

    internal CheckpointTensor(SafetensorsFile file, SafetensorsEntry entry)
    {
        _file = file;
        _entry = entry;
    }

    public string Name => _entry.Name;

    /// <summary>Row-major dimensions.</summary>
    public IReadOnlyList<long> Shape => _entry.Shape;

    /// <summary>Number of elements.</summary>
    public long Elements => _entry.Elements;

    /// <summary>Bytes it takes in the file.</summary>
    public long Bytes => _entry.Bytes;

    /// <summary>The file's own name of the number format, for example <c>BF16</c>; it may be one that DistZO cannot compute with.</summary>
    public string DType => _entry.DType;

    /// <summary>The file that holds it.</summary>
    public string Path => _file.Path;

    /// <summary>The number format of its weights.</summary>
    /// <exception cref="BadInputException">It is not float32, bfloat16 or float16.</exception>
    public WeightType WeightType => SafetensorsTypes.ToWeightType(DType) ?? throw new BadInputException(
        $"'{Path}': tensor '{Name}' is {DType}, and weights must be F32, BF16 or F16; take an unquantized version of the model");

    /// <summary>Reads weights, little-endian, from element <paramref name="element"/> on. Safe on any thread.</summary>
    /// <param name="element">The first element to read, in row-major order.</param>
    /// <param name="destination">A whole number of elements of <see cref="WeightType"/>.</param>
    public void Read(long element, Span<byte> destination) => ReadBytes(checked(element * WeightType.Size()), destination);

    /// <summary>Reads weights as float32, <paramref name="count"/> of them from element <paramref name="element"/> on.</summary>
    public float[] ReadFloat32(long element, int count)
    {
        var (stored, values) = (new byte[count * WeightType.Size()], new float[count]);
        Read(element, stored);
        WeightConversion.Convert(stored, WeightType, MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32);
        return values;
    }

    /// <summary>Reads the stored bytes of a tensor of any format, from byte <paramref name="offset"/> of the tensor on.</summary>
    public void ReadBytes(long offset, Span<byte> destination) => _file.Read(_entry, offset, destination);
}
