using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cluster.Tests.Wire;

/// <summary>A message of each kind, no field of which is zero or empty.</summary>
internal static class Messages
{
    private static readonly Share Share = new(2, 4, 1024, 3072);

    /// <summary>The report of a large but plausible share with one direction: step 1,000,000, a batch of 4096, sums near 2^50.</summary>
    public static ShareDone LargeReport { get; } = new(
        new ShareReport(
            0xfedc_ba98, 1000, 1_000_000, new ChainHash(0x0123_4567_89ab_cdef), new Share(0, 2, 0, 4096),
            [new ProbeSum((1L << 50) + 12345, false), new ProbeSum((1L << 50) - 54321, false)], 4096),
        TimeSpan.FromMicroseconds(12_345_678),
        1_048_576);

    /// <summary>The round behind it: one direction's record, and the next share.</summary>
    public static Round LargeRound { get; } = new(
        RecordCodec.Encode(new StepRecord(
            999_999,
            StepStatus.Applied,
            Method.MezoSgd,
            [new StepDirection(0x9e37_79b9_7f4a_7c15, (1L << 50) + 12345, (1L << 50) - 54321, -1.2345e-7f)],
            4096,
            0.99999f)),
        new Assignment(1_000_000, new Share(0, 2, 0, 4096), new GridPlace(63, 63, 64, 64), true),
        true);

    public static IEnumerable<WorkerMessage> OfWorkers()
    {
        yield return new Hello(1, "0123456789abcdef", "node <b>7</b>", "1.2.3");
        var rows = new EvaluationRows("aabb", 872, ["no", "yes"]);
        yield return new Ready("{\"a\":1}", 77, new ChainHash(99), rows, 0.125, 1_300_000_000, 2_600_000_000, "AVX-512, 8 threads", 8, true);
        yield return new Ready("{}", 0, default, null, 0.5, 1, 4, "x", 1, false);
        yield return LargeReport;
        var sums = new[] { new ProbeSum(-5, false), new ProbeSum(0, true) };
        yield return new ShareDone(new ShareReport(7, 8, 9, new ChainHash(10), Share, sums, 2048), TimeSpan.FromMicroseconds(11), 12);
        yield return new EvaluationDone(
            7, 8, new ChainHash(9), 100, 200, new EvaluationResult(10, 100, (Int128)1 << 70, 11, 12, 13, Table()), TimeSpan.FromMicroseconds(14));
        yield return new EvaluationDone(
            7, 8, new ChainHash(9), 100, 200, new EvaluationResult(10, 100, -((Int128)1 << 70) - 3, 11, 12, 13, null), TimeSpan.FromMicroseconds(14));
        yield return new Heartbeat(1, 2, 3);
        yield return new DigestDone(5, new ChainHash(6), new UInt128(7, 8));
        yield return new Goodbye(true, "it was stopped");
    }

    public static IEnumerable<CoordinatorMessage> OfCoordinators()
    {
        var recipe = Recipe.Default.WithFlags([("max-steps", "7"), ("prompt", "{text} It was"), ("num-directions", "4")]);
        var parent = new ParentRun(new string('a', 64), 5, new ChainHash(6));
        yield return new Welcome(uint.MaxValue, 2, recipe, 3, TimeSpan.FromSeconds(2), parent);
        yield return new Welcome(1, 2, recipe, 3, TimeSpan.FromSeconds(0.5), null);
        yield return new Records(5, [new byte[] { 1, 2, 3 }, new byte[] { 4 }]);
        yield return LargeRound;
        yield return new Round(new byte[] { 1 }, null, false);
        yield return new Round(ReadOnlyMemory<byte>.Empty, new Assignment(1, Share, new GridPlace(1, 2, 3, 4), false), false);
        yield return new EvaluateRows(1, 2, 3);
        yield return new Refold(1, 2);
        foreach (var outcome in Enum.GetValues<RunOutcome>()) yield return new Finish(1, new ChainHash(2), outcome);
    }

    private static ConfusionTable Table()
    {
        var table = new ConfusionTable(["no", "yes"]);
        table.Add(0, 0, 5);
        table.Add(0, 1, 6);
        table.Add(1, 0, 7);
        table.Add(1, 1, 8);
        return table;
    }
}
