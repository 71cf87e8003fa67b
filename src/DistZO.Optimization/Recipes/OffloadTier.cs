namespace DistZO.Optimization;

/// <summary>Where layers are that do not stay on the device.</summary>
public enum OffloadTier
{
    /// <summary>All stay.</summary>
    None,

    /// <summary>In host memory.</summary>
    Host,

    /// <summary>On disk.</summary>
    Disk,

    /// <summary>In slices on the device slots of this machine.</summary>
    Shard,
}
