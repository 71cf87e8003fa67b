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
    private readonly HashSet<int> _free = [];
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
        for (var visit = -Buffers; visit < 0; visit++) _free.Add(visit);
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
        if (_upload is null && _free.Contains(_nextUpload - Buffers) && !_beingWritten.Contains(_nextUpload % Layers)) _upload = (_nextUpload++, Upload);
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
        {
            _free.Add(written);
            _beingWritten.Remove(written % Layers);
        }

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
            _beingWritten.Add(computed % Layers);
        }
        else
        {
            _free.Add(computed);
        }
    }

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
