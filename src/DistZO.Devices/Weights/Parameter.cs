namespace DistZO.Devices;

/// <summary>
/// One tensor of a model, held by a device in row-major order as the checkpoint stores it. Weights change in one place only: when
/// a commit is folded in (<see cref="FoldedTo"/> then moves on).
/// </summary>
public sealed class Parameter : IDisposable
{
    private DeviceMemory? _storage;

    /// <param name="name">The logical name, as in the checkpoint.</param>
    /// <param name="shape">Row-major dimensions, as the checkpoint stores them.</param>
    /// <param name="role">What the tensor is for.</param>
    /// <param name="ordinal">Its position in the run's layout: the third counter word of philox-v1.</param>
    /// <param name="trainable">False for a frozen tensor: no perturbation, no update.</param>
    /// <param name="type">The number format of <paramref name="storage"/>.</param>
    /// <param name="storage">The weights; owned by the parameter from here on.</param>
    public Parameter(string name, IReadOnlyList<long> shape, TensorRole role, int ordinal, bool trainable, WeightType type, DeviceMemory storage)
        : this(name, shape, role, ordinal, trainable, type)
    {
        Bind(storage);
    }

    /// <summary>A tensor that is nowhere on the device until it is bound.</summary>
    public Parameter(string name, IReadOnlyList<long> shape, TensorRole role, int ordinal, bool trainable, WeightType type)
    {
        Name = name;
        Shape = shape;
        Role = role;
        Ordinal = ordinal;
        Trainable = trainable;
        Type = type;
        Length = 1;
        foreach (var n in shape) Length = checked(Length * n);
    }

    public string Name { get; }

    public IReadOnlyList<long> Shape { get; }

    public TensorRole Role { get; }

    public int Ordinal { get; }

    public bool Trainable { get; }

    public WeightType Type { get; }

    /// <summary>How probes see it where a pass rounds; null: as it is held.</summary>
    public TransferType? Transfer { get; init; }

    /// <summary>Whether <see cref="Storage"/> holds it packed, as it was transferred: the rounded weights at <see cref="FoldedTo"/>, never changed.</summary>
    public bool IsPacked { get; private set; }

    /// <summary>Where it is on the device. One that is streamed is there only while its block is visited.</summary>
    public DeviceMemory Storage => _storage ?? throw new InvalidOperationException($"'{Name}' is not on the device now.");

    /// <summary>Whether it is on the device.</summary>
    public bool IsBound => _storage is not null;

    /// <summary>Number of elements.</summary>
    public long Length { get; }

    /// <summary>The first dimension: output features of a matrix, rows of a table.</summary>
    public int Rows => checked((int)Shape[0]);

    /// <summary>Elements a row.</summary>
    public int Columns => Shape[0] == 0 ? 0 : checked((int)(Length / Shape[0]));

    /// <summary>The stored values are the weights at this step. Only a device's folding moves it.</summary>
    public int FoldedTo { get; set; }

    /// <summary>Puts it where a visit brought it, or, with null, away.</summary>
    /// <param name="storage">Holds it.</param>
    /// <param name="isPacked">See <see cref="IsPacked"/>.</param>
    public void Bind(DeviceMemory? storage, bool isPacked = false)
    {
        if (isPacked && Transfer is null) throw new ArgumentException($"'{Name}' is never rounded, so it is never packed.");
        var bytes = isPacked ? PackedTensor.BytesOf(Transfer!.Value, Length) : Length * Type.Size();
        if (storage is not null && storage.Bytes < bytes) throw new ArgumentException($"'{Name}' needs {bytes} bytes, got {storage.Bytes}.");
        (_storage, IsPacked) = (storage, isPacked);
    }

    public void Dispose() => _storage?.Dispose();
}
