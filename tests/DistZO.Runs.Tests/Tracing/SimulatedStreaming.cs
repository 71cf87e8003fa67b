using DistZO.Devices;

namespace DistZO.Runs.Tests.Tracing;

/// <summary>
/// When a streaming loop would do what, worked out from sizes and rates: blocks of 400 MB in turns through three buffers, each uploaded,
/// computed with and written back.
/// </summary>
internal sealed class SimulatedStreaming
{
    private const long BlockBytes = 400_000_000;
    private const long BytesPerNanosecond = 12;
    private const long Start = 1_000_000_000;

    private readonly long[] _freeAt = [Start, Start, Start];
    private long _upload = Start;
    private long _compute = Start;
    private long _writeBack = Start;
    private int _visits;

    /// <summary>Nanoseconds that computing with a block takes, with some blocks slower than others.</summary>
    public long Compute { get; init; } = 24_000_000;

    /// <summary>Traces so many steps over so many blocks.</summary>
    public void Run(TraceFile file, int steps, int blocks)
    {
        for (var step = 1; step <= steps; step++)
        {
            file.BeginStep(step, _compute);
            for (var block = 0; block < blocks; block++) Visit(file, block == blocks - 1 ? "lm_head" : $"model.layers.{block}");
        }
    }

    private void Visit(TraceFile file, string name)
    {
        var buffer = _visits++ % _freeAt.Length;
        const long Moving = BlockBytes / BytesPerNanosecond;
        var begin = Math.Max(_upload, _freeAt[buffer]);
        _upload = begin + Moving;
        file.Add(new TraceSpan("upload", name, begin, _upload, BlockBytes));
        begin = Math.Max(_upload, _compute);
        _compute = begin + (Compute * (name == "lm_head" ? 2 : 1));
        file.Add(new TraceSpan("compute", name, begin, _compute, 0));
        begin = Math.Max(_compute, _writeBack);
        _freeAt[buffer] = _writeBack = begin + Moving;
        file.Add(new TraceSpan("write-back", name, begin, _writeBack, BlockBytes));
    }
}
