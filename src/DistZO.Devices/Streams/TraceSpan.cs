namespace DistZO.Devices;

/// <summary>What one track (the kernels of a device, or one of its streams) did from one moment to another.</summary>
/// <param name="Track">For people: <c>compute</c>, <c>upload</c>, <c>write-back</c>; with several slots <c>slot 1 upload</c>.</param>
/// <param name="Name">What: a block's name, or <c>model.layers.3 fold</c>.</param>
/// <param name="Begin">Nanoseconds of any clock that all spans of a file share.</param>
/// <param name="End">As <paramref name="Begin"/>; not before it.</param>
/// <param name="Bytes">Bytes that were moved; 0 for computing.</param>
public readonly record struct TraceSpan(string Track, string Name, long Begin, long End, long Bytes);

/// <summary>Takes spans from any thread. Must not block for long.</summary>
public interface ITraceSink
{
    /// <summary>Notes a span that is over.</summary>
    void Add(in TraceSpan span);
}
