namespace DistZO.Models;

/// <summary>What of the weights that are stored outside of the device is a run's.</summary>
public enum Recalled
{
    /// <summary>All of it, as it was written last.</summary>
    Newest,

    /// <summary>All of it, some blocks as they were before they were written last.</summary>
    Older,

    /// <summary>Not all: a block has no version of the run.</summary>
    Nothing,
}
