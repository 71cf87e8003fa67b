namespace DistZO.Devices;

/// <summary>Where the blocks of a model are that do not stay on the device.</summary>
public interface IBlockStore : IDisposable
{
    /// <summary>One for each layout that it was opened with, in their order; owned by the store.</summary>
    IReadOnlyList<StoredBlock> Blocks { get; }
}
