using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Cli.Planning;

/// <summary>What to plan for.</summary>
internal sealed record PlanRequest
{
    /// <summary>The model.</summary>
    public required ModelSize Model { get; init; }

    /// <summary>Each of the devices.</summary>
    public required DeviceProfile Device { get; init; }

    /// <summary>Bytes a second to and from the host of each device; the last one's hold for all after it.</summary>
    public required IReadOnlyList<(double Up, double Down)> Links { get; init; }

    /// <summary>Memory.</summary>
    public required MemoryBudget Budget { get; init; }

    /// <summary>The most devices to plan for.</summary>
    public int Devices { get; init; } = 1;

    /// <summary>Sequences a step.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Tokens a sequence that are read, all of which predict one.</summary>
    public int Tokens { get; init; } = 512;

    /// <summary>q.</summary>
    public int Directions { get; init; } = 1;

    /// <summary>Where layers are that do not stay; null: where they fit.</summary>
    public OffloadTier? Offload { get; init; }

    /// <summary>The most buffers a device, each for a part of a layer.</summary>
    public int Buffers { get; init; } = Offloading.DefaultBuffers;

    /// <summary>K; null: what is fastest.</summary>
    public int? WriteBackSteps { get; init; }

    /// <summary>What folds commits into layers that come from the host; null: the device, or the host where that is faster and its rate is known.</summary>
    public FoldPlace? FoldOn { get; init; }

    /// <summary>Elements a second that the host folds; null: it is not known.</summary>
    public double? HostFoldRate { get; init; }

    /// <summary>From a step's last loss to the next step.</summary>
    public double CommitSeconds { get; init; }

    /// <summary>The splits to compare.</summary>
    public IReadOnlyList<ParallelismKind> Kinds { get; init; } = [ParallelismKind.Pertp, ParallelismKind.Dp, ParallelismKind.TwoD];
}

/// <summary>One way to run it.</summary>
/// <param name="Devices">Devices.</param>
/// <param name="Kind">How they share a step; null for one device.</param>
/// <param name="Split">Who computes what.</param>
/// <param name="Path">How streamed layers come to them.</param>
/// <param name="Tiers">Where the layers are.</param>
/// <param name="Model">What was predicted from.</param>
/// <param name="Prediction">The time.</param>
internal sealed record Plan(
    int Devices, ParallelismKind? Kind, GridSplit Split, BlockPath Path, TierPlan Tiers, StepModel Model, StepPrediction Prediction);
