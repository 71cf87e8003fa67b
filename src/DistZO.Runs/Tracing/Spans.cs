using System.Diagnostics;

namespace DistZO.Runs;

/// <summary>
/// OpenTelemetry's spans, begun and ended over many calls: none of them is what <see cref="Activity.Current"/> says afterwards, so that
/// coordinator and worker may share a thread. Where nobody listens, a span is null, which is what everything here takes for one.
/// </summary>
public static class Spans
{
    /// <summary>Begins a span.</summary>
    /// <param name="source">Whose it is.</param>
    /// <param name="name">One of few.</param>
    /// <param name="parent">Its parent; none for the beginning of a trace.</param>
    /// <param name="kind">What part it has in a conversation.</param>
    /// <param name="began">When; null for now.</param>
    public static Activity? Start(
        ActivitySource source, string name, ActivityContext parent, ActivityKind kind = ActivityKind.Internal, DateTimeOffset? began = null)
    {
        if (!source.HasListeners()) return null;
        var current = Activity.Current;
        Activity.Current = null;
        try
        {
            return source.StartActivity(name, kind, parent, startTime: began ?? default);
        }
        finally
        {
            Activity.Current = current;
        }
    }

    /// <summary>Ends a span, unless it has ended.</summary>
    /// <param name="span">The span.</param>
    /// <param name="ended">When; null for now.</param>
    public static void Stop(Activity? span, DateTimeOffset? ended = null)
    {
        if (span is null) return;
        var current = Activity.Current;
        if (ended is { } at) span.SetEndTime(at.UtcDateTime);
        span.Stop();
        Activity.Current = current == span ? null : current;
    }

    /// <summary>The W3C trace context that another process begins its own span under; empty for no span.</summary>
    public static string TraceParent(Activity? span) => span?.Id ?? "";

    /// <summary>Reads what <see cref="TraceParent"/> wrote. What is no trace context is none: a trace begins there.</summary>
    public static ActivityContext Parent(string traceParent) =>
        ActivityContext.TryParse(traceParent, null, isRemote: true, out var context) ? context : default;
}
