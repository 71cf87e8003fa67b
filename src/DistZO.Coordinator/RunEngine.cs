using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>
/// One run's coordinator: admits workers, shares out steps and evaluations, commits, and ends the run. It holds no weights and reads no
/// data. A state machine without threads or timers: everything happens inside the calls, which must come one at a time; whoever hosts
/// it calls <see cref="Tick"/> now and then.
/// </summary>
public sealed class RunEngine
{
    /// <summary>Of a reason to leave.</summary>
    private const int LongestReason = 1000;

    private readonly RunBook _book;
    private readonly EngineOptions _options;
    private readonly IRunReporter _reporter;
    private readonly MetricsFile _metrics;
    private readonly TimeProvider _time;
    private readonly EventLog _events;
    private readonly Roster _roster;
    private readonly Reception _reception;
    private readonly DigestKeeper _digests;
    private readonly HangRule _hangs;
    private readonly StatusWriter _status;
    private readonly StepTrace _trace;
    private readonly RunRequests _requests = new();
    private RunCourse? _course;
    private bool _advancing;
    private (LinkEnd End, string Message)? _closed;

    /// <param name="book">The run; the caller owns it.</param>
    /// <param name="options">How to run it.</param>
    /// <param name="reporter">Is told what happens, <paramref name="metrics"/> among others; the caller owns it.</param>
    /// <param name="metrics">The metrics file, which is cut back to the ledger before anything is told to it.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="BadInputException">The recipe asks for something that cannot be.</exception>
    public RunEngine(RunBook book, EngineOptions options, IRunReporter reporter, MetricsFile metrics, TimeProvider time)
    {
        BestStep.Require(book.Recipe);
        StepRunner.Require(book.Recipe.Get(RecipeKeys.Parallelism), WorkGrid.Of(book.Recipe));
        (_book, _options, _reporter, _metrics, _time) = (book, options, reporter, metrics, time);
        _trace = new StepTrace(options.Meter, time);
        _events = new EventLog(time, Happened);
        _roster = new Roster(book, _events, time);
        _reception = new Reception(book, options, _roster);
        _digests = new DigestKeeper(book, _roster);
        _hangs = new HangRule(options, _roster, _digests);
        _status = new StatusWriter(book, options, _roster, time);
        if (book.TornNotice is { } torn) reporter.Notice(NoticeLevel.Information, "torn", torn);
        _roster.Tell("started", null, book.HasBegun ? $"the coordinator goes on after step {book.Steps}" : "the coordinator begins a new run");
    }

    /// <summary>How the run ended; null while it goes on.</summary>
    public RunResult? Result { get; private set; }

    /// <summary>The time from the last report of a step to its last message to a worker; for measurements.</summary>
    public Action<CommitTiming>? OnCommit { get; set; }

    /// <summary>What is known about the run.</summary>
    public RunBook Book => _book;

    /// <summary>Whether anybody is connected.</summary>
    public bool HasWorkers => _roster.Sessions.Count > 0;

    /// <summary>A worker has connected; what it says comes through <see cref="Receive"/>.</summary>
    public Session Connect(IWorkerLink link)
    {
        _status.Touch();
        if (_closed is { } closed) link.Close(closed.End, closed.Message);
        else if (Opening.IsFull(_roster.Sessions)) link.Close(LinkEnd.Unavailable, "too many workers are opening their models");
        return _roster.Add(link);
    }

    /// <summary>A worker says something. A session that has gone is ignored.</summary>
    public void Receive(Session session, WorkerMessage message)
    {
        if (!session.IsConnected) return;
        _status.Touch();
        Heard(session, message);
        switch (message)
        {
            case Hello when session.IsGreeted: _reception.Refuse(session, "it introduces itself twice"); break;
            case Hello hello: _reception.Greet(session, hello, Disconnected); break;
            case Ready when !session.IsWelcome: _reception.Refuse(session, "it is ready before its welcome, or twice"); break;
            case Ready ready: Admit(session, ready); break;
            case Heartbeat beat: Take(session, beat); break;
            case Goodbye goodbye: Leave(session, goodbye); break;
            // Anything else is for those that were admitted.
            case not null when session.Ready is null: session.Link.Close(LinkEnd.Refused, "it reports before it is ready"); break;
            case ShareDone done: Take(session, done); break;
            case EvaluationDone done: _course!.Take(session, done); break;
            case DigestDone done: Quarantine(_digests.Take(session, done)); break;
        }

        Advance();
    }

    /// <summary>The connection to a worker has ended, however it ended.</summary>
    public void Disconnected(Session session, string reason)
    {
        if (!_roster.Remove(session)) return;
        _status.Touch();
        _roster.Changed();
        Forget(session);
        _course?.Ending.Lost(session);
        var finished = session.HasFinished;
        _roster.Tell(finished ? "left" : "lost", session, finished ? "it has done all that was to be done" : $"the connection ended: {reason}");
        _status.Gone(session);
        Advance();
    }

    /// <summary>Looks at the clock: who hangs, who is late. Several times a second.</summary>
    public void Tick()
    {
        foreach (var session in _roster.Sessions.ToList())
        {
            if (Opening.Overdue(session, _time) is { } reason)
            {
                session.Link.Close(LinkEnd.Unavailable, reason);
                Disconnected(session, reason);
            }
            else if (!session.IsHung && _hangs.IsHanging(session))
            {
                Hang(session);
            }
        }

        Advance();
    }

    /// <summary>No new step begins until <see cref="Resume"/>.</summary>
    public void Pause()
    {
        if (!_requests.Pause) _roster.Tell("paused", null, "paused on request");
        _requests.Pause = true;
        _status.Touch();
    }

    public void Resume()
    {
        if (_requests.Pause) _roster.Tell("resumed", null, "resumed on request");
        _requests.Pause = false;
        _status.Touch();
        Advance();
    }

    /// <summary>Ends the run after the step in flight; the workers write the model of that step.</summary>
    public void Stop()
    {
        if (!_requests.Stop) _roster.Tell("stopping", null, "the run stops after the step in flight, on request");
        (_requests.Stop, _requests.Pause) = (true, false);
        _status.Touch();
        Advance();
    }

    /// <summary>Ends this process's part of the run after the step in flight, without writing a model: the same command goes on.</summary>
    public void Interrupt()
    {
        _requests.Interrupt = true;
        Advance();
    }

    /// <summary>Tells all workers that the coordinator goes away, and whoever still comes.</summary>
    public void CloseAll(LinkEnd end, string message)
    {
        _closed = (end, message);
        foreach (var session in _roster.Sessions) session.Link.Close(end, message);
    }

    /// <summary>The run as it is now.</summary>
    public RunStatus Describe()
    {
        var (state, message) = StateTeller.Of(Result, _course, _book, _roster, _requests, _options.MinWorkers);
        return _status.Write(_course?.Chronicle, _course?.Steps, _digests, state, message);
    }

    /// <summary>The workers as they are now.</summary>
    public IReadOnlyList<WorkerStatus> DescribeWorkers() => _status.Workers();

    /// <summary>Evaluations so far.</summary>
    public IReadOnlyList<EvaluationMetrics> Evaluations => _course?.Chronicle.Evaluations ?? [];

    /// <summary>Events that are remembered, from a number on.</summary>
    public IReadOnlyList<RunEvent> Events(long from) => _events.From(from);

    /// <summary>Grows whenever a status would be another one.</summary>
    public long Version => _status.Version;

    private void Admit(Session session, Ready ready)
    {
        if (_reception.Admit(session, ready) is not { } identity) return;
        if (!_book.HasBegun) _book.Begin(identity);
        _course ??= new RunCourse(_book, _options, _roster, _digests, _requests, ready, _reporter, _metrics, _time, _trace);
        _course.Came(session, ready);
        // What it knows is a beginning of this ledger, or nothing of it counts.
        session.KnownSteps = session.FoldedStep = _book.IsPrefix(ready.Step, ready.Chain) ? ready.Step : 0;
        if (session.KnownSteps == 0 && ready.Step > 0 && _book.Steps == 0) session.Link.Send(new Records(0, []));
        session.IsCatchingUp = _book.Steps - session.KnownSteps > RunHistory.MostPending;
        var missing = _book.Steps - session.KnownSteps;
        _roster.SendRecords(session, _book.Steps);
        _roster.Tell("joined", session, missing > 0 ? $"it is ready, and replays the {missing} steps that it lacks" : "it is ready");
        _digests.Returned(session);
    }

    private void Take(Session session, Heartbeat beat)
    {
        if (beat.Progress > session.Progress) (session.Progress, session.ProgressAt) = (beat.Progress, _time.GetTimestamp());
        session.ResidentBytes = beat.ResidentBytes;
        session.FoldedStep = Math.Max(session.FoldedStep, Math.Min(beat.FoldedStep, session.KnownSteps));
        if (session.IsCatchingUp && session.Quarantine is null && _book.Steps - session.FoldedStep <= RunHistory.MostPending)
        {
            session.IsCatchingUp = false;
            _roster.Tell("joined", session, $"it has caught up at step {session.FoldedStep}");
        }
    }

    private void Take(Session session, ShareDone done)
    {
        if (_course!.Steps.Take(session, done)) Commit(_course);
    }

    private void Commit(RunCourse course)
    {
        if (course.Steps.BeginAgain()) return;
        var began = _time.GetTimestamp();
        var record = course.Steps.Commit(out var tokens, out var seconds, out var scoringSeconds);
        var appending = _time.GetTimestamp();
        _book.Append(record);
        var appended = _time.GetElapsedTime(appending);
        var told = course.Chronicle.Committed(record, tokens, seconds, scoringSeconds);
        _status.Committed(seconds);
        if (told.Skipped) _roster.Tell("skipped", null, $"step {told.Step} is skipped: a loss was not finite or too large");
        _options.Meter?.Committed(seconds + _time.GetElapsedTime(began).TotalSeconds, appended.TotalSeconds, tokens, scoringSeconds);
        _trace.End(told);
        OnCommit?.Invoke(new CommitTiming(seconds, appended.TotalSeconds, _time.GetElapsedTime(began).TotalSeconds));
    }

    private void Happened(RunEvent happened)
    {
        _options.Meter?.Happened(happened.Kind);
        _trace.Happened(happened);
        _options.OnEvent(happened);
    }

    private void Leave(Session session, Goodbye goodbye)
    {
        session.HasFinished = goodbye.Finished && session.WasToldToFinish;
        if (!session.HasFinished) _roster.Tell("left", session, PrintableText.Of(goodbye.Reason, LongestReason) is { Length: > 0 } reason ? reason : "it leaves");
        _course?.Ending.Left(session);
        Forget(session);
        // It may say no more; what it had is for the others at once, whenever the connection closes.
        session.Link.Close(LinkEnd.Done, "goodbye");
        if (_roster.Remove(session))
        {
            _roster.Changed();
            _status.Gone(session);
        }
    }

    private void Heard(Session session, WorkerMessage message)
    {
        session.HeardAt = _time.GetTimestamp();
        if (!session.IsHung) return;
        // Heartbeats have a thread of their own: they may come from a process whose work is stuck.
        if (message is Heartbeat beat && beat.Progress <= session.StuckAt) return;
        session.IsHung = false;
        session.ProgressAt = session.HeardAt;
        _roster.Tell("back", session, "it is heard of again");
    }

    private void Hang(Session session)
    {
        session.IsHung = true;
        session.StuckAt = _hangs.StuckAt(session);
        _status.Touch();
        _course?.Drop(session);
        Quarantine(_digests.Overlook(session));
        _roster.Tell("hung", session, "no progress for too long; its work is given to others");
    }

    private void Forget(Session session)
    {
        _course?.Drop(session);
        Quarantine(_digests.Forget(session));
    }

    private void Quarantine(IReadOnlyList<Session> sessions)
    {
        foreach (var session in sessions) _course?.Drop(session);
    }

    /// <summary>Does whatever can be done now. Everything that changes something calls it, and it may be called at any time.</summary>
    private void Advance()
    {
        // Ending a session, say, calls back from within.
        if (_advancing) return;
        _advancing = true;
        try
        {
            while (Result is null && AdvanceOnce())
            {
            }

            // Whoever comes after the end gets its model too.
            if (Result is not null && _course is { Ending.HasBegun: true }) _course.Ending.TellToFinish();
        }
        finally
        {
            _advancing = false;
        }
    }

    /// <summary>True if something changed, so that there may be more to do.</summary>
    private bool AdvanceOnce()
    {
        if (_course is null) return Interrupted() || StoppedWithNobody();
        if (_course.Steps.IsOpen)
        {
            if (_course.Steps.HandOut())
            {
                Commit(_course);
                return true;
            }

            // With nobody there the step in flight would never end.
            if (!(_requests.Stop || _requests.Interrupt) || HasWorkers) return false;
            _course.Steps.Abandon();
        }

        if (_course.Ending.HasBegun) return Ended(_course.Ending);
        if (Interrupted() || !_course.Next()) return false;
        _course.Ending.Begin();
        _status.Touch();
        return true;
    }

    private bool Interrupted()
    {
        if (!_requests.Interrupt) return false;
        End(RunOutcome.Interrupted, _book.HasBegun ? _book.Steps : 0);
        return true;
    }

    /// <summary>A stop before any worker was ready, with none on its way: there is nobody to wait for.</summary>
    private bool StoppedWithNobody()
    {
        if (!_requests.Stop || HasWorkers) return false;
        End(RunOutcome.Stopped, _book.HasBegun ? _book.Steps : 0);
        return true;
    }

    private bool Ended(RunEnding ending)
    {
        if (!ending.IsComplete()) return false;
        End(ending.Outcome, ending.Step);
        return true;
    }

    private void End(RunOutcome outcome, int step)
    {
        var (before, after) = _course?.Chronicle.Around(step) ?? default;
        Result = new RunResult
        {
            Outcome = outcome,
            Steps = _book.HasBegun ? _book.Steps : 0,
            ElapsedSeconds = _course?.Chronicle.ElapsedSeconds ?? 0,
            Output = _book.Directory.Path,
            Before = before,
            After = after,
        };
        _status.Touch();
        _roster.Tell("finished", null, $"the run has ended: {outcome.Name()}");
    }
}
