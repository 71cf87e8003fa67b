using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>Several sinks as one.</summary>
public sealed class TraceSinks : ITraceSink
{
    private readonly ITraceSink[] _sinks;

    private TraceSinks(ITraceSink[] sinks) => _sinks = sinks;

    /// <summary>Those that are there, as one; null if none is. The caller owns them.</summary>
    public static ITraceSink? Of(params ITraceSink?[] sinks) => sinks.OfType<ITraceSink>().ToArray() switch
    {
        [] => null,
        [var only] => only,
        var several => new TraceSinks(several),
    };

    public void Add(in TraceSpan span)
    {
        foreach (var sink in _sinks) sink.Add(span);
    }
}
