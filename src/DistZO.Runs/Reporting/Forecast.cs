namespace DistZO.Runs;

/// <summary>
/// What a run will need, once its first <see cref="MeasuredSteps"/> steps have shown how fast it is: memory, disk and time. Made so
/// that a run that cannot end well is refused in its first minute and not in its last hour.
/// </summary>
public sealed record Forecast
{
    /// <summary>Steps that are timed before the forecast is made. The first one also pays for compilation and is not counted.</summary>
    public const int MeasuredSteps = 3;

    /// <summary>Most memory that the process will hold, in bytes.</summary>
    public required long PeakMemory { get; init; }

    /// <summary>Memory that the process holds now, in bytes; the difference to the peak must still be there to be taken.</summary>
    public required long MemoryInUse { get; init; }

    /// <summary>Bytes that will still be written and kept: snapshots, the model at the end, and one temporary copy.</summary>
    public required long Disk { get; init; }

    /// <summary>Seconds to the end, evaluations and snapshots included.</summary>
    public required double RemainingSeconds { get; init; }

    /// <summary>
    /// Seconds to the end of a run.
    /// </summary>
    /// <param name="stepSeconds">Times of the steps measured so far, the first one included.</param>
    /// <param name="stepsLeft">Steps that are still to come.</param>
    /// <param name="evaluationSeconds">Time of one evaluation.</param>
    /// <param name="evaluationsLeft">Evaluations that are still to come.</param>
    public static double TimeToTheEnd(IReadOnlyList<double> stepSeconds, int stepsLeft, double evaluationSeconds, int evaluationsLeft)
    {
        ArgumentOutOfRangeException.ThrowIfZero(stepSeconds.Count);
        var warm = stepSeconds.Count == 1 ? stepSeconds : [.. stepSeconds.Skip(1)];
        return (warm.Average() * stepsLeft) + (evaluationSeconds * evaluationsLeft);
    }

    /// <summary>
    /// Bytes that the run still writes and keeps. A file is written beside the one that it replaces, so one more of the larger
    /// kind is needed for a moment.
    /// </summary>
    /// <param name="snapshotBytes">Size of one snapshot.</param>
    /// <param name="snapshotsToCome">Snapshots that are still to be taken.</param>
    /// <param name="saveTotalLimit">How many are kept.</param>
    /// <param name="exportBytes">Size of the model that is written at the end.</param>
    public static long DiskToTheEnd(long snapshotBytes, int snapshotsToCome, int saveTotalLimit, long exportBytes)
    {
        var kept = snapshotBytes * Math.Min(snapshotsToCome, saveTotalLimit);
        var temporary = snapshotsToCome > saveTotalLimit ? snapshotBytes : 0;
        return kept + exportBytes + Math.Max(temporary, exportBytes);
    }

    /// <summary>One line for people.</summary>
    public string Describe() =>
        $"forecast: {Bytes(PeakMemory)} memory, {Bytes(Disk)} disk, {Quantity.Time(RemainingSeconds)} to the end";

    /// <summary>Why the run cannot end well on this machine, with the fix; null if it can, as far as anyone can know.</summary>
    public string? Refusal(MachineResources machine)
    {
        if (machine.AvailableMemory is { } memory && PeakMemory - MemoryInUse > memory)
        {
            return $"not enough memory: the run will need {Bytes(PeakMemory - MemoryInUse)} more than it holds now "
                + $"and {Bytes(memory)} are available; use a smaller batch_size or weights_dtype: bfloat16, or free memory";
        }

        if (machine.FreeDisk is { } disk && Disk > disk)
        {
            return $"not enough disk: snapshots and the model will need {Bytes(Disk)} and {Bytes(disk)} are free at the output; "
                + "free space, choose another --output, or lower save_total_limit";
        }

        return null;
    }

    private static string Bytes(long bytes) => Quantity.Bytes(bytes);
}
