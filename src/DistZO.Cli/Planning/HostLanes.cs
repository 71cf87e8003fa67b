using DistZO.Models;

namespace DistZO.Cli.Planning;

/// <summary>
/// What the host does of a visit where it folds, once for all slots: it folds and packs, of what is in its memory; what lies on the disk is
/// read ahead into one of some places, and written back from there. A place is filled again once its part is folded, or written.
/// </summary>
internal sealed class HostLanes
{
    private readonly StepModel _model;
    private readonly SharedResource? _disk;
    private readonly Lane _read;
    private readonly Lane _fold;
    private readonly Lane _write;
    private readonly VisitWorks _arrived;
    private readonly VisitWorks _folded;
    private readonly VisitWorks _written;
    private readonly int _places;
    private int _reads;

    /// <param name="model">The step.</param>
    /// <param name="timeline">Gets its lanes.</param>
    /// <param name="disk">What reads and writes share; null where no layer lies on one.</param>
    /// <param name="kept">As <see cref="VisitWorks"/>.</param>
    public HostLanes(StepModel model, Timeline timeline, SharedResource? disk, int kept)
    {
        (_model, _disk, _places) = (model, disk, Math.Min(Offloading.DefaultBuffers, model.Visits));
        (_read, _fold, _write) = (timeline.Add(), timeline.Add(), timeline.Add());
        (_arrived, _folded, _written) = (new VisitWorks(kept), new VisitWorks(kept), new VisitWorks(kept));
    }

    /// <summary>The part of a visit is folded and packed.</summary>
    public Work Folded(int visit) => _folded.Of(visit);

    /// <summary>Asks for that, in the order of visits.</summary>
    /// <param name="visit">Which.</param>
    /// <param name="pending">Commits that the stored part of a visit lacks.</param>
    /// <param name="isDue">Whether a visit is followed by a write-back.</param>
    /// <param name="free">What must be over before it may be packed.</param>
    public void Ask(int visit, int pending, Func<int, bool> isDue, IEnumerable<Work> free)
    {
        var work = _folded.Of(visit);
        work.After.AddRange(free);
        work.Seconds = pending * _model.HostFoldSeconds!.Value / _model.Parts;
        if (_model.FromDisk > 0)
        {
            for (; _reads <= visit + _places; _reads++) Read(_reads, isDue);
            work.After.Add(_arrived.Of(visit));
        }

        _fold.Queue(work);
        if (isDue(visit)) Write(visit, work);
    }

    private void Read(int visit, Func<int, bool> isDue)
    {
        var (before, last, work) = (visit - _places, visit - _model.Visits, _arrived.Of(visit));
        if (before >= 0) work.After.Add(isDue(before) ? _written.Of(before) : _folded.Of(before));
        if (last >= 0 && isDue(last)) work.After.Add(_written.Of(last));
        Move(_read, work, visit, _model.HeldBytes, _model.Disk!.ReadRate);
    }

    private void Write(int visit, Work folded)
    {
        var work = _written.Of(visit);
        work.After.Add(folded);
        Move(_write, work, visit, _model.TrainedBytes, _model.Disk!.WriteRate);
    }

    private void Move(Lane lane, Work work, int visit, long layerBytes, double rate)
    {
        if (_model.IsOnDisk(visit % _model.Visits / _model.Parts)) (work.Shared, work.SharedSeconds) = (_disk, (double)layerBytes / _model.Parts / rate);
        lane.Queue(work);
    }
}
