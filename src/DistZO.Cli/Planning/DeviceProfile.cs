using DistZO.Devices;

namespace DistZO.Cli.Planning;

/// <summary>What a device and its links reach. Rates are a second.</summary>
internal sealed record DeviceProfile
{
    /// <summary>For people.</summary>
    public required string Name { get; init; }

    /// <summary>Floating-point operations of matrix products of 16-bit weights.</summary>
    public required double HalfRate { get; init; }

    /// <summary>Floating-point operations of matrix products of float32 weights.</summary>
    public required double SingleRate { get; init; }

    /// <summary>Bytes of the device's memory.</summary>
    public double MemoryRate { get; init; } = double.PositiveInfinity;

    /// <summary>Elements of z, used at once for both signs or in a fold.</summary>
    public required double ZRate { get; init; }

    /// <summary>Bytes that a run may use on the device.</summary>
    public required long Memory { get; init; }

    /// <summary>Bytes from the host to the device.</summary>
    public required double UploadRate { get; init; }

    /// <summary>Bytes from the device to the host, at the same time.</summary>
    public required double DownloadRate { get; init; }

    /// <summary>Bytes that a device receives from its peers, all at the same time; null where there is no fabric.</summary>
    public double? FabricRate { get; init; }

    /// <summary>The disk of its node; null where it is not known.</summary>
    public DiskModel? Disk { get; init; }

    /// <summary>The compute capability of a GPU, 90 for 9.0; null for a device that computes in host memory.</summary>
    public int? Capability { get; init; }

    /// <summary>Whether the device computes in host memory, so that a disk is read straight into its buffers.</summary>
    public bool IsHost => Capability is null;

    /// <summary>The rate of products of weights of a format.</summary>
    public double ComputeRate(WeightType type) => type == WeightType.Float32 ? SingleRate : HalfRate;
}
