namespace DistZO.Optimization;

/// <summary>What folds commits into layers that do not stay on the device.</summary>
public enum FoldPlace
{
    /// <summary>The device, in its visit.</summary>
    Device,

    /// <summary>The host's cores, before layers are uploaded.</summary>
    Host,
}
