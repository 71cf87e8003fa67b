using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>
/// Tells what idle kernels waited for. At the end of a gap that is the transfer of the block that they compute with next or, if there is
/// none of its name, the transfer that ended last. From where it began, it waited itself: for the transfer that ended last before that, and
/// so on back to the beginning of the gap. What waited goes on at once: if it does not, the cause is what the host waited for then, if that
/// is in the trace.
/// </summary>
/// <param name="streams">The spans of each stream of the device, in order and one after the other.</param>
/// <param name="hosts">The same of what the threads wait for that drive it.</param>
internal sealed class TraceWaits(IReadOnlyList<IReadOnlyList<TraceSpan>> streams, IReadOnlyList<IReadOnlyList<TraceSpan>> hosts)
{
    // At once is when a thread has noticed, which takes a scheduler's turn at most.
    private const long AtOnce = 1_000_000;
    private const int PartAtOnce = 10;

    /// <summary>Explains one gap.</summary>
    /// <param name="begin">From here on no kernel ran.</param>
    /// <param name="end">Up to here.</param>
    /// <param name="kernels">The spans of the device's kernels, in order.</param>
    public IReadOnlyList<TraceCause> Explain(long begin, long end, IReadOnlyList<TraceSpan> kernels)
    {
        var next = FirstIndex(kernels, span => span.Begin >= end);
        if (next == kernels.Count) return [new TraceCause(begin, end, For: null, IsEnd: true)];
        var causes = new List<TraceCause>();
        var at = end;
        var atOnce = Math.Max(AtOnce, (end - begin) / PartAtOnce);
        var cause = TransferOf(kernels[next].Name, begin, end) ?? LastBefore(end, begin);
        for (; cause is { } transfer && at - transfer.End <= atOnce; cause = LastBefore(at, begin))
        {
            if (transfer.End < at) causes.Add(new TraceCause(transfer.End, at, For: null, IsEnd: false));
            var from = Math.Max(transfer.Begin, begin);
            causes.Add(new TraceCause(from, Math.Min(transfer.End, at), transfer, IsEnd: false));
            at = from;
        }

        if (at > begin) causes.Add(new TraceCause(begin, at, For: null, IsEnd: false));
        return [.. causes.SelectMany(one => one.For is null ? ByHosts(one) : [one])];
    }

    /// <summary>Parts in which the host waited for something, and the others, the last first.</summary>
    private IEnumerable<TraceCause> ByHosts(TraceCause unknown)
    {
        var at = unknown.End;
        while (at > unknown.Begin)
        {
            TraceSpan? last = null;
            foreach (var host in hosts)
            {
                var i = FirstIndex(host, span => span.Begin >= at) - 1;
                if (i >= 0 && host[i].End > unknown.Begin && (last is null || host[i].End > last.Value.End)) last = host[i];
            }

            if (last is not { } wait) break;
            if (wait.End < at) yield return new TraceCause(wait.End, at, For: null, IsEnd: false);
            var from = Math.Max(wait.Begin, unknown.Begin);
            yield return new TraceCause(from, Math.Min(wait.End, at), wait, IsEnd: false);
            at = from;
        }

        if (at > unknown.Begin) yield return new TraceCause(unknown.Begin, at, For: null, IsEnd: false);
    }

    /// <summary>Adds up causes that are the same, the longest first.</summary>
    public static IReadOnlyList<TraceWait> Sum(IEnumerable<TraceCause> causes) =>
        Sum(causes.Select(cause => new TraceWait(cause.For?.Track, cause.For?.Name, cause.IsEnd, cause.Nanoseconds, 1)));

    /// <summary>Adds up waits for the same stream, the longest first.</summary>
    public static IReadOnlyList<TraceWait> SumByStream(IEnumerable<TraceWait> waits) => Sum(waits.Select(wait => wait with { Name = null }));

    private static IReadOnlyList<TraceWait> Sum(IEnumerable<TraceWait> waits) =>
    [
        .. waits.GroupBy(wait => (wait.Track, wait.Name, wait.IsEnd))
            .Select(same => same.First() with { Nanoseconds = same.Sum(wait => wait.Nanoseconds), Times = same.Sum(wait => wait.Times) })
            .OrderByDescending(wait => wait.Nanoseconds),
    ];

    /// <summary>The last transfer of a block that was under way in a gap; <c>model.layers.3 fold</c> is work on <c>model.layers.3</c>.</summary>
    private TraceSpan? TransferOf(string work, long begin, long end)
    {
        TraceSpan? last = null;
        foreach (var stream in streams)
        {
            for (var i = FirstIndex(stream, span => span.End > begin); i < stream.Count && stream[i].Begin < end; i++)
            {
                var (span, name) = (stream[i], stream[i].Name);
                var isOfBlock = work.StartsWith(name, StringComparison.Ordinal) && (work.Length == name.Length || work[name.Length] == ' ');
                if (isOfBlock && span.Bytes > 0 && (last is null || span.End > last.Value.End)) last = span;
            }
        }

        return last;
    }

    /// <summary>The transfer that ended last up to a moment, if that is after the beginning of the gap.</summary>
    private TraceSpan? LastBefore(long moment, long begin)
    {
        TraceSpan? last = null;
        foreach (var stream in streams)
        {
            for (var i = FirstIndex(stream, span => span.End > moment) - 1; i >= 0 && stream[i].End > begin; i--)
            {
                var span = stream[i];
                // One that takes no time explains nothing, and would be found again and again.
                if (span.Bytes == 0 || span.End == span.Begin) continue;
                if (last is null || span.End > last.Value.End) last = span;
                break;
            }
        }

        return last;
    }

    /// <summary>The first of spans for which something holds that holds for all behind it; their count if there is none.</summary>
    private static int FirstIndex(IReadOnlyList<TraceSpan> spans, Func<TraceSpan, bool> holds)
    {
        var (low, high) = (0, spans.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (holds(spans[middle])) high = middle;
            else low = middle + 1;
        }

        return low;
    }
}
