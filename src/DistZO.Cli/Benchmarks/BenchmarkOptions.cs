using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Cli.Benchmarks;

/// <summary>What to measure.</summary>
internal sealed record BenchmarkOptions
{
    /// <summary>A name of <see cref="ModelShapes"/>.</summary>
    public string Shape { get; init; } = "opt-125m";

    /// <summary>The one shape that a GPU is measured with; null for those that others have published figures of.</summary>
    public string? GpuShape { get; init; }

    /// <summary>A program whose steps on the same GPU are measured beside ours (<see cref="Gpu.PeerSteps"/>); null for none.</summary>
    public string? Peer { get; init; }

    /// <summary>The part of the model that a step trains.</summary>
    public TrainedPart Train { get; init; }

    /// <summary>Number format of weights that are offloaded.</summary>
    public WeightType WeightsType { get; init; } = WeightType.BFloat16;

    /// <summary>Where layers are that are offloaded.</summary>
    public OffloadTier Offload { get; init; } = OffloadTier.Disk;

    /// <summary>They are written back every so many steps; null for what is fastest.</summary>
    public int? WriteBackSteps { get; init; }

    /// <summary>Sequences a step.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Tokens a sequence.</summary>
    public int Tokens { get; init; } = 64;

    /// <summary>Threads to compute on.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Measured steps after those for warming up, or the length of a replayed ledger. Null: the figure's own number.</summary>
    public int? Steps { get; init; }

    public ulong Seed { get; init; }

    /// <summary>Simulated workers whose shares are waits.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>What such a share takes.</summary>
    public int ShareMilliseconds { get; init; } = 4;

    /// <summary>Simulated workers that answer at once.</summary>
    public int Crowd { get; init; } = 1000;

    /// <summary>Tokens of the matrix product.</summary>
    public int Rows { get; init; } = 1024;

    /// <summary>Input features of the matrix product.</summary>
    public int Inner { get; init; } = 768;

    /// <summary>Output features of the matrix product.</summary>
    public int Columns { get; init; } = 3072;

    /// <summary>Where files are written to measure the disk; null: the system's folder for temporary files.</summary>
    public string? Directory { get; init; }

    /// <summary>Directory of the tokenizer; null: the model of the demo.</summary>
    public string? Model { get; init; }

    /// <summary>JSON lines with a field <c>text</c> to tokenize; null: the rows of the demo.</summary>
    public string? Data { get; init; }
}
