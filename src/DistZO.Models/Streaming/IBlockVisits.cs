using DistZO.Devices;

namespace DistZO.Models;

/// <summary>What becomes of the weights of a streamed block when its visit is over.</summary>
internal enum WriteBack
{
    /// <summary>They are written back when that is worth it: until then what the visit folded is folded again.</summary>
    WhenDue,

    /// <summary>They are written back if they are folded further than those that are stored.</summary>
    IfFolded,

    /// <summary>They are written back: the visit has put others in their place.</summary>
    Always,
}

/// <summary>Brings streamed blocks to the device and away again. Blocks are numbered in the order of a pass; one is visited at a time.</summary>
internal interface IBlockVisits : IDisposable
{
    /// <summary>Streamed blocks.</summary>
    IReadOnlyList<StreamedBlock> Blocks { get; }

    /// <summary>K; null while it is being measured.</summary>
    int? WriteBackSteps { get; }

    /// <summary>The run's chain hash after so many steps, to be noted with what is stored; called when a write-back is queued.</summary>
    Func<int, ulong> ChainAt { get; set; }

    /// <summary>A pass, or a walk over all blocks, begins, which sees the weights at a step.</summary>
    void Begin(UpdateHistory? updates, int step);

    /// <summary>Folds what is stored up to a step, if that takes no visits; called between passes.</summary>
    /// <returns>Whether it does: if not, nothing is changed.</returns>
    bool TryFold(UpdateHistory updates, int step) => false;

    /// <summary>The block's tensors are on the device from here on, for kernels.</summary>
    void Enter(int block);

    /// <summary>The visit is over.</summary>
    void Leave(int block, WriteBack write);

    /// <summary>The visit has failed: what it left on the device is worth nothing.</summary>
    void Abandon(int block);

    /// <summary>The block of a parameter, and its first byte there.</summary>
    (StreamedBlock Block, long Offset) Find(Parameter parameter)
    {
        foreach (var block in Blocks)
        {
            foreach (var (own, offset) in block.Layout.Entries)
            {
                if (own == parameter) return (block, offset);
            }
        }

        throw new InvalidOperationException($"'{parameter.Name}' is in no block that is streamed.");
    }

    /// <summary>Waits until all that was written back is stored.</summary>
    void Settle();
}
