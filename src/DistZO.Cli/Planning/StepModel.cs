namespace DistZO.Cli.Planning;

/// <summary>How a streamed block comes to the slots of a node.</summary>
internal enum BlockPath
{
    /// <summary>Each slot uploads the whole block over its own link.</summary>
    Whole,

    /// <summary>Each slot uploads its part over its own link, folds pending commits into it, and gathers the others' over the fabric.</summary>
    Sliced,

    /// <summary>Each slot holds its part for good, and gathers the others' over the fabric; the host is not asked.</summary>
    Sharded,
}

/// <summary>A disk: what reads and writes at the same time shares its time evenly.</summary>
/// <param name="ReadRate">Bytes a second.</param>
/// <param name="WriteRate">Bytes a second.</param>
internal sealed record DiskModel(double ReadRate, double WriteRate);

/// <summary>One device of a node, with its share of a step.</summary>
internal sealed record SlotModel
{
    /// <summary>Seconds that the share's products and attention take at one block, without z.</summary>
    public double ComputeSeconds { get; init; }

    /// <summary>Seconds that z of one direction takes for one block, both signs.</summary>
    public double ZSeconds { get; init; }

    /// <summary>Directions of which the share has a probe.</summary>
    public int Directions { get; init; } = 1;

    /// <summary>Seconds to fold one pending commit, all its directions, into one whole block.</summary>
    public double FoldSeconds { get; init; }

    /// <summary>Seconds a step for embedding and head, with their z and their folding.</summary>
    public double EndsSeconds { get; init; }

    /// <summary>Of these, seconds before the first layer.</summary>
    public double FirstSeconds { get; init; }

    /// <summary>Bytes a second from the host to the slot. Infinite where the device computes in host memory.</summary>
    public double UploadRate { get; init; } = double.PositiveInfinity;

    /// <summary>Bytes a second from the slot to the host, at the same time as uploads.</summary>
    public double DownloadRate { get; init; } = double.PositiveInfinity;
}

/// <summary>Everything that decides how long a step takes once the run is under way. All layers are alike.</summary>
internal sealed record StepModel
{
    /// <summary>Transformer layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Passes of a step over all layers: a share of very many tokens is computed in several.</summary>
    public int Passes { get; init; } = 1;

    /// <summary>So many of them are not resident. They are spread evenly over the layers, and take their turns in the buffers.</summary>
    public required int Streamed { get; init; }

    /// <summary>So many of the streamed ones lie on the disk; the others in host memory.</summary>
    public int FromDisk { get; init; }

    /// <summary>Visits of a streamed layer: it comes in so many parts, taken as all alike.</summary>
    public int Parts { get; init; } = 1;

    /// <summary>Buffers of a slot for parts of streamed layers, at least 1. If there is one for each, nothing moves but what is written back.</summary>
    public int Buffers { get; init; } = 3;

    /// <summary>K: a block is written back every K-th step, each at another one; in between it folds up to K pending commits a visit.</summary>
    public int WriteBackSteps { get; init; } = 1;

    /// <summary>Bytes of a block's trained weights: what is written back.</summary>
    public required long TrainedBytes { get; init; }

    /// <summary>Bytes of its frozen ones.</summary>
    public long FrozenBytes { get; init; }

    /// <summary>Bytes of a block on the way to a slot, where that is another format than the stored one; null: all its bytes.</summary>
    public long? TransferBytes { get; init; }

    /// <summary>The devices of the node that hold a share of the step, or a part of each block. At least one.</summary>
    public required IReadOnlyList<SlotModel> Slots { get; init; }

    /// <summary>How blocks come to them.</summary>
    public BlockPath Path { get; init; }

    /// <summary>Bytes a second that a slot receives from the others, all at the same time.</summary>
    public double FabricRate { get; init; } = double.PositiveInfinity;

    /// <summary>The disk, where <see cref="FromDisk"/> blocks lie.</summary>
    public DiskModel? Disk { get; init; }

    /// <summary>
    /// Seconds in which the host folds a step's commit into one streamed block; null: devices fold. Where the host folds, devices write nothing
    /// back, and a block goes up only after the last step's commit is in it. Blocks from the disk are folded in copies of them, which are written
    /// back every K-th step.
    /// </summary>
    public double? HostFoldSeconds { get; init; }

    /// <summary>Seconds from a step's last loss to the next step's begin: its record is made and sent.</summary>
    public double CommitSeconds { get; init; }

    /// <summary>Visits of a pass.</summary>
    public int Visits => Streamed * Parts;

    /// <summary>Bytes of a layer as it is stored.</summary>
    public long HeldBytes => TrainedBytes + FrozenBytes;

    /// <summary>Bytes that a slot needs of one layer.</summary>
    public long MovedBytes => TransferBytes ?? HeldBytes;

    /// <summary>Whether the host folds into the blocks that are streamed.</summary>
    public bool HostFolds => HostFoldSeconds is not null;

    /// <summary>Whether streamed blocks come from outside of the buffers at all. A slot that shares them has its part of each visit alone.</summary>
    public bool Moves => Visits > Buffers || Slots.Count > 1 || HostFolds;

    /// <summary>Whether devices fold into the blocks that are streamed.</summary>
    public bool FoldsOnDevice => !HostFolds && TrainedBytes > 0;

    /// <summary>Whether blocks are written back: by devices, or by the host.</summary>
    public bool WritesBack => TrainedBytes > 0 && (HostFolds ? FromDisk > 0 : Path != BlockPath.Sharded);

    /// <summary>Whether a streamed layer lies on the disk.</summary>
    public bool IsOnDisk(int layer) => (layer + 1L) * FromDisk / Streamed > (long)layer * FromDisk / Streamed;

    /// <summary>The part of each block that a slot uploads or holds: in proportion to its link, so that all are done at once.</summary>
    public double Part(int slot)
    {
        if (Path == BlockPath.Whole) return 1;
        var sum = Slots.Sum(one => one.UploadRate);
        return Path == BlockPath.Sharded || double.IsInfinity(sum) ? 1.0 / Slots.Count : Slots[slot].UploadRate / sum;
    }

    /// <summary>The part of a block's trained bytes that a slot writes back. There is one host copy, so one slot writes it, or all their parts.</summary>
    public double WrittenPart(int slot) => Path == BlockPath.Whole ? (slot == 0 ? 1 : 0) : Part(slot);

    /// <summary>Whether what a visit folds is lost again, unless it is written back.</summary>
    public bool FoldsAgain => WritesBack && Moves;

    /// <summary>
    /// Commits that the visits of a streamed block fold in a step, on average over the steps: 1 … K in the first pass, and in each other one
    /// as many, or none in the step that has written the block back.
    /// </summary>
    public double PendingCommits => TrainedBytes == 0 ? 0 : !FoldsAgain ? 1 : ((WriteBackSteps + 1) / 2.0) + ((Passes - 1) * (WriteBackSteps - 1) / 2.0);
}
