using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>A share of the step in flight that is not in yet.</summary>
internal sealed class OpenShare(Share share, GridPlace place)
{
    public Share Share => share;

    public GridPlace Place => place;

    /// <summary>Who computes it: nobody, one, or one and a backup.</summary>
    public List<Session> Runners { get; } = [];

    /// <summary>The report that says that a loss term is not finite, until another rank confirms it.</summary>
    public ShareReport? Flag { get; set; }

    /// <summary>Whose report that is.</summary>
    public Session? FlaggedBy { get; set; }
}

/// <summary>
/// Who computes what of the step in flight. Together with the shares that are in, the shares on the board cover the work grid at any
/// time. Pure bookkeeping: no clock, no messages.
/// </summary>
internal sealed class ShareBoard
{
    private readonly List<OpenShare> _open = [];
    private readonly Dictionary<Share, OpenShare> _byShare = [];
    private readonly List<(Share Share, Session By)> _done = [];

    /// <summary>Shares that are not in yet.</summary>
    public IReadOnlyList<OpenShare> Open => _open;

    /// <summary>Shares that are in, and whose report it was.</summary>
    public IReadOnlyList<(Share Share, Session By)> Done => _done;

    /// <summary>Puts a share on the board.</summary>
    public OpenShare Add(Share share, GridPlace place)
    {
        var open = new OpenShare(share, place);
        _open.Add(open);
        _byShare.Add(share, open);
        return open;
    }

    /// <summary>The open share of exactly this rectangle; null if there is none.</summary>
    public OpenShare? Find(Share share) => _byShare.GetValueOrDefault(share);

    /// <summary>
    /// A report closed these cells. Shares that overlap them leave the board; what they cover beyond comes back for somebody else.
    /// </summary>
    public void Close(Share closed, Session by)
    {
        _done.Add((closed, by));
        foreach (var open in Touching(closed))
        {
            Remove(open);
            foreach (var rest in open.Share.Without(closed)) Add(rest, open.Place);
        }
    }

    /// <summary>The open shares that have cells of this one. Open shares do not overlap each other, so mostly it is just one.</summary>
    public IReadOnlyList<OpenShare> Touching(Share share) =>
        Find(share) is { } same ? [same] : _open.FindAll(open => open.Share.Overlaps(share));

    /// <summary>A session computes nothing any more.</summary>
    public void Drop(Session session)
    {
        foreach (var open in _open) open.Runners.Remove(session);
    }

    /// <summary>Cuts a share that nobody computes, for several ranks.</summary>
    public void Split(OpenShare open, int parts)
    {
        if (open.Runners.Count > 0 || open.Flag is not null || parts < 2 || open.Share is { Probes: 1, Samples: 1 }) return;
        Remove(open);
        foreach (var share in open.Share.Split(parts)) Add(share, open.Place);
    }

    private void Remove(OpenShare open)
    {
        _open.Remove(open);
        _byShare.Remove(open.Share);
    }
}
