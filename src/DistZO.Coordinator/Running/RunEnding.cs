using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// The end of a run: tells the workers whose weights are written, and waits until all have said goodbye and somebody has written them.
/// </summary>
/// <param name="book">A run that has begun.</param>
/// <param name="roster">Who is there.</param>
/// <param name="chronicle">Knows the best step.</param>
/// <param name="time">The clock.</param>
internal sealed class RunEnding(RunBook book, Roster roster, RunChronicle chronicle, TimeProvider time)
{
    /// <summary>A worker that writes the model and is lost has so long to come back before the run ends without it.</summary>
    private static readonly TimeSpan WriterPatience = TimeSpan.FromMinutes(1);

    /// <summary>Steps that were committed before this start.</summary>
    private readonly int _committedBefore = book.Steps;

    private int? _step;
    private bool _isWriterLost;
    private bool _isWritten;
    private long _since;

    /// <summary>Whether the last step is committed, evaluated and compared, and the workers are told to finish.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>The step whose weights are written.</summary>
    public int Step => _step ??= chronicle.ExportedStep();

    /// <summary>Why the run ends, if it ends now.</summary>
    public RunOutcome Outcome => book.Steps < book.MaxSteps
        ? chronicle.WantsToStop ? RunOutcome.StoppedEarly : RunOutcome.Stopped
        : _committedBefore >= book.MaxSteps ? RunOutcome.FinishedBefore : RunOutcome.Completed;

    /// <summary>Nothing is left to do but to end.</summary>
    public void Begin() => (HasBegun, _since) = (true, time.GetTimestamp());

    /// <summary>A worker is ready.</summary>
    public void Came(Ready ready)
    {
        if (ready.WritesOutput) _isWriterLost = false;
    }

    /// <summary>The connection to a worker has ended.</summary>
    public void Lost(Session session)
    {
        if (session.Ready is { WritesOutput: true } && !session.HasFinished) _isWriterLost = true;
    }

    /// <summary>A worker has said goodbye.</summary>
    public void Left(Session session)
    {
        if (session.Ready is not { WritesOutput: true }) return;
        _isWritten |= session.HasFinished;
        // One that leaves before the end will be missed by whoever let it go; here it was counted on.
        _isWriterLost |= session.WasToldToFinish && !session.HasFinished;
    }

    /// <summary>Tells those that are ready and were not told; whoever comes after the end gets its model too.</summary>
    public void TellToFinish()
    {
        foreach (var session in roster.Sessions.Where(session => session.Ready is not null && !session.WasToldToFinish).ToList())
        {
            roster.SendRecords(session, book.Steps);
            session.Link.Send(new Finish(Step, book.ChainAt(Step), Outcome));
            session.WasToldToFinish = true;
        }
    }

    /// <summary>True once nobody is waited for any more.</summary>
    public bool IsComplete()
    {
        TellToFinish();
        if (roster.Sessions.Any(session => !session.HasFinished && !session.IsHung && !IsTooLate(session))) return false;
        if (_isWritten || !(_isWriterLost || roster.Sessions.Any(session => session is { HasFinished: false, Ready.WritesOutput: true }))) return true;
        if (roster.SecondsSince(_since) < WriterPatience.TotalSeconds) return false;
        chronicle.Notice(
            NoticeLevel.Warning, "output", "the worker that writes the model was lost before it had; start the run again to have it written");
        return true;
    }

    /// <summary>The end waits for those that open the run, but not for ever.</summary>
    private bool IsTooLate(Session session) => session.Ready is null && roster.SecondsSince(_since) > HangRule.First.TotalSeconds;
}
