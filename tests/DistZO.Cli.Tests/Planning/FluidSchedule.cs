namespace DistZO.Cli.Tests.Planning;

/// <summary>
/// One device that streams all of its layers, event by event: what computes, uploads and writes back at each moment, and how fast. Reads
/// and writes of one disk share it evenly, as they do in turns of a small size; on a link of two directions they do not.
/// </summary>
internal sealed class FluidSchedule
{
    private const double Least = 1e-12;
    private const int Head = -1;
    private readonly Queue<int> _toWrite = [];
    private readonly Queue<(int Visit, int After)> _toUpload = [];
    private readonly List<int> _idle = [];
    private readonly HashSet<int> _arrived = [];
    private readonly HashSet<int> _beingWritten = [];
    private double _now;
    private int _nextUpload;
    private int _visit;
    private int _heads;

    /// <summary>Visit, and seconds of work left; null: nothing to do.</summary>
    private (int Visit, double Left)? _upload, _write, _compute;

    public required int Layers { get; init; }

    public required int Buffers { get; init; }

    public required int WriteBackSteps { get; init; }

    public required double Compute { get; init; }

    public required double Fold { get; init; }

    public required double Upload { get; init; }

    public required double WriteBack { get; init; }

    public required double Ends { get; init; }

    public required bool SharesDisk { get; init; }

    /// <summary>Seconds a step, on average over steps after as many first ones.</summary>
    public double StepSeconds(int first, int steps)
    {
        for (; _nextUpload < Buffers; _nextUpload++) _toUpload.Enqueue((_nextUpload, Head));
        var began = End(first);
        return (End(first + steps) - began) / steps;
    }

    /// <summary>When so many steps are over.</summary>
    private double End(int steps)
    {
        while (_heads < steps)
        {
            Begin();
            Pass();
        }

        return _now;
    }

    private void Begin()
    {
        if (_upload is null && _toUpload.TryPeek(out var next) && !_beingWritten.Contains(next.After) && !IsBeingWritten(next.Visit % Layers))
            _upload = (_toUpload.Dequeue().Visit, Upload);
        if (_write is null && _toWrite.TryDequeue(out var written)) _write = (written, WriteBack);
        if (_compute is not null) return;
        if (_visit / Layers > _heads)
        {
            _compute = (Head, Ends);
            return;
        }

        if (!_arrived.Contains(_visit)) return;
        var (step, layer) = (_visit / Layers, _visit % Layers);
        var pending = ((step + layer + WriteBackSteps - 1) % WriteBackSteps) + 1;
        _compute = (_visit, Compute + (Fold * pending));
    }

    /// <summary>Time passes until something ends.</summary>
    private void Pass()
    {
        var slowness = SharesDisk && _upload is not null && _write is not null ? 2 : 1;
        var passed = new[] { _upload?.Left * slowness, _write?.Left * slowness, _compute?.Left }.Min()!.Value;
        _now += passed;
        if (Ended(ref _upload, passed / slowness) is { } uploaded) _arrived.Add(uploaded);
        if (Ended(ref _write, passed / slowness) is { } written)
            _beingWritten.Remove(written);

        if (Ended(ref _compute, passed) is not { } computed) return;
        if (computed == Head)
        {
            _heads++;
            return;
        }

        _visit++;
        if (((computed / Layers) + (computed % Layers)) % WriteBackSteps == 0)
        {
            _toWrite.Enqueue(computed);
            _beingWritten.Add(computed);
        }

        _idle.Add(computed);
        Refill();
    }

    /// <summary>Uploads follow into the buffers of visits that have computed; one that is being written back waits for another, if K > 1.</summary>
    private void Refill()
    {
        for (var i = 0; i < _idle.Count;)
        {
            if (WriteBackSteps > 1 && _idle.Count < Buffers && _beingWritten.Contains(_idle[i]))
            {
                i++;
                continue;
            }

            _toUpload.Enqueue((_nextUpload++, _idle[i]));
            _idle.RemoveAt(i);
        }
    }

    private bool IsBeingWritten(int layer) => _beingWritten.Any(visit => visit % Layers == layer);

    private static int? Ended(ref (int Visit, double Left)? work, double done)
    {
        if (work is not { } current) return null;
        if (current.Left - done > Least)
        {
            work = (current.Visit, current.Left - done);
            return null;
        }

        work = null;
        return current.Visit;
    }
}
