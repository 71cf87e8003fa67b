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
    /// <summary>It travels in a header.</summary>
    private const int LongestRefusal = 2000;

    /// <summary>Of names that workers give themselves.</summary>
    private const int LongestName = 80;

    /// <summary>Of a reason to leave.</summary>
    private const int LongestReason = 1000;

    /// <summary>No device needs longer to make z once; whatever says so is wrong, and plans must stay finite.</summary>
    private const double LongestZ = 3600;

    private readonly RunBook _book;
    private readonly EngineOptions _options;
    private readonly IRunReporter _reporter;
    private readonly MetricsFile _metrics;
    private readonly TimeProvider _time;
    private readonly EventLog _events;
    private readonly Roster _roster;
    private readonly EvaluationRunner _evaluation;
    private readonly DigestKeeper _digests;
    private readonly HangRule _hangs;
    private readonly RunEnding _ending;
    private readonly StatusWriter _status;
    private readonly StepTrace _trace;
    private RunChronicle? _chronicle;
    private StepRunner? _steps;
    private long _digestedStep = -1;
    private bool _paused;
    private bool _stopping;
    private bool _interrupted;
    private bool _advancing;
    private bool _begun;
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
        _evaluation = new EvaluationRunner(book, _roster, time, options.Incarnation);
        _digests = new DigestKeeper(book, _roster);
        _hangs = new HangRule(options, _roster, _digests);
        _ending = new RunEnding(book, _roster, () => _chronicle!, time);
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
            case Hello when session.IsGreeted: Refuse(session, "it introduces itself twice"); break;
            case Hello hello: Greet(session, hello); break;
            case Ready when !session.IsWelcome: Refuse(session, "it is ready before its welcome, or twice"); break;
            case Ready ready: Admit(session, ready); break;
            case Heartbeat beat: Take(session, beat); break;
            case Goodbye goodbye: Leave(session, goodbye); break;
            // Anything else is for those that were admitted.
            case not null when session.Ready is null: session.Link.Close(LinkEnd.Refused, "it reports before it is ready"); break;
            case ShareDone done: Take(session, done); break;
            case EvaluationDone done: Take(session, done); break;
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
        _ending.Lost(session);
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
        if (!_paused) _roster.Tell("paused", null, "paused on request");
        _paused = true;
        _status.Touch();
    }

    public void Resume()
    {
        if (_paused) _roster.Tell("resumed", null, "resumed on request");
        _paused = false;
        _status.Touch();
        Advance();
    }

    /// <summary>Ends the run after the step in flight; the workers write the model of that step.</summary>
    public void Stop()
    {
        if (!_stopping) _roster.Tell("stopping", null, "the run stops after the step in flight, on request");
        (_stopping, _paused) = (true, false);
        _status.Touch();
        Advance();
    }

    /// <summary>Ends this process's part of the run after the step in flight, without writing a model: the same command goes on.</summary>
    public void Interrupt()
    {
        _interrupted = true;
        Advance();
    }

    /// <summary>Tells all workers that the coordinator goes away, and whoever still comes.</summary>
    public void CloseAll(LinkEnd end, string message)
    {
        _closed = (end, message);
        foreach (var session in _roster.Sessions) session.Link.Close(end, message);
    }

    /// <summary>The run as it is now.</summary>
    public RunStatus Describe() => _status.Write(_chronicle, _steps, _evaluation, _digests, State(out var message), message);

    /// <summary>The workers as they are now.</summary>
    public IReadOnlyList<WorkerStatus> DescribeWorkers() => _status.Workers();

    /// <summary>Evaluations so far.</summary>
    public IReadOnlyList<EvaluationMetrics> Evaluations => _chronicle?.Evaluations ?? [];

    /// <summary>Events that are remembered, from a number on.</summary>
    public IReadOnlyList<RunEvent> Events(long from) => _events.From(from);

    /// <summary>Grows whenever a status would be another one.</summary>
    public long Version => _status.Version;

    private void Greet(Session session, Hello hello)
    {
        (session.IsGreeted, session.WorkerId, session.Name) = (true, PrintableText.Of(hello.WorkerId, LongestName), PrintableText.Of(hello.Name, LongestName));
        if (session.Name.Length == 0) session.Name = "unnamed";
        if (hello.Protocol != Hello.CurrentProtocol)
        {
            Refuse(session, $"it speaks protocol {hello.Protocol}, this coordinator {Hello.CurrentProtocol}; run the same version of distzo on both");
            return;
        }

        if (session.WorkerId.Length == 0)
        {
            Refuse(session, "it has no id");
            return;
        }

        // The newer connection is the live one: the older may not have noticed yet that it is dead.
        if (_roster.Sessions.FirstOrDefault(other => other != session && other.WorkerId == session.WorkerId) is { } older)
        {
            if (older.Number > session.Number)
            {
                // What a dead connection still held has come behind what the live one said.
                session.Link.Close(LinkEnd.Replaced, "the same worker has connected again");
                return;
            }

            older.Link.Close(LinkEnd.Replaced, "the same worker has connected again");
            Disconnected(older, "the same worker has connected again");
        }

        _roster.Changed();
        _roster.Tell("joined", session, "it has connected, and opens its model and data");
        session.Link.Send(new Welcome(
            _options.Incarnation,
            session.Number,
            _book.Recipe,
            _book.HasBegun ? _book.Steps : 0,
            _options.HeartbeatInterval,
            _book.HasBegun ? _book.Identity.Parent : null));
    }

    private void Admit(Session session, Ready ready)
    {
        RunIdentity identity;
        try
        {
            identity = RunIdentity.Parse(ready.Identity);
            if (Differences(identity) is { } differences)
            {
                Refuse(session, differences);
                return;
            }
        }
        catch (Exception e) when (e is FormatException or BadInputException or OverflowException)
        {
            Refuse(session, $"what it says of its run cannot be read: {e.Message}");
            return;
        }

        // Of a large model the identity takes more memory than all else of a session, and it is the run's.
        session.Ready = ready with { Identity = "", Device = PrintableText.Of(ready.Device, LongestName) };
        session.Speed = new SpeedEstimate(Math.Clamp(ready.ZSeconds, 0, LongestZ));
        _ending.Came(ready);
        if (!_book.HasBegun) _book.Begin(identity);
        if (_chronicle is null) Begin(ready);
        AdoptRows(session, ready.Evaluation);
        // What it knows is a beginning of this ledger, or nothing of it counts.
        session.KnownSteps = session.FoldedStep = _book.IsPrefix(ready.Step, ready.Chain) ? ready.Step : 0;
        if (session.KnownSteps == 0 && ready.Step > 0 && _book.Steps == 0) session.Link.Send(new Records(0, []));
        session.IsCatchingUp = _book.Steps - session.KnownSteps > RunHistory.MostPending;
        var missing = _book.Steps - session.KnownSteps;
        _roster.SendRecords(session, _book.Steps);
        _roster.Tell("joined", session, missing > 0 ? $"it is ready, and replays the {missing} steps that it lacks" : "it is ready");
        _digests.Returned(session);
    }

    /// <summary>Why a worker computes another run than this one; null if it does not.</summary>
    private string? Differences(RunIdentity identity)
    {
        var expected = _book.HasBegun ? _book.Identity : identity.WithRecipe(_book.Recipe.Resolve(identity.Rows));
        if (_options.PinnedIdentity is { } pinned && !_book.HasBegun) expected = pinned;
        var phrases = IdentityDifferences.Between(expected, identity);
        return phrases.Count == 0 ? null : $"its run is another one: {string.Join("; ", phrases)}; give it the model and the data of this run";
    }

    private void Begin(Ready ready)
    {
        _reporter.Started(new RunSummary
        {
            Run = _book.Identity.Digest,
            Model = _book.Recipe.Get(RecipeKeys.Model) ?? _book.Header.Recipe.Get(RecipeKeys.Model) ?? "the model of the run",
            Parameters = ready.Parameters,
            Rows = _book.Identity.Rows,
            BatchSize = _book.Recipe.Get(RecipeKeys.BatchSize),
            CommittedSteps = _book.Steps,
            MaxSteps = _book.MaxSteps,
            Ledger = _book.Directory.Ledger,
        });
        _evaluation.Rows = Usable(ready.Evaluation);
        _chronicle = new RunChronicle(_book, _evaluation.Rows?.Digest, _reporter, _metrics, _time);
        _chronicle.TellAgain(_options.TokensOf);
        _steps = new StepRunner(_book, _roster, _options.Incarnation, _time, _trace);
        _ending.CommittedBefore = _book.Steps;
        // A run that is under way goes on with whoever is there.
        _begun = _book.Steps > _book.FirstStep;
    }

    private void AdoptRows(Session session, EvaluationRows? rows)
    {
        if (Usable(rows) is null) return;
        if (_evaluation.Rows is null)
        {
            _evaluation.Rows = rows;
            if (_chronicle!.Rows != rows!.Digest) _chronicle.AdoptRows(rows.Digest);
        }
        else if (_evaluation.Rows.Digest != rows!.Digest)
        {
            _roster.Tell("joined", session, "its held-out rows are not those of the other workers, so it takes no part in evaluations");
        }
    }

    private static EvaluationRows? Usable(EvaluationRows? rows) => rows is { Rows: > 0 } ? rows : null;

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
        if (_steps!.Take(session, done)) Commit();
    }

    private void Take(Session session, EvaluationDone done)
    {
        if (_evaluation.Take(session, done) is not { } result) return;
        var evaluation = _chronicle!.Evaluated(result);
        _roster.Tell("evaluation", null, string.Join("  ", evaluation.Values.Select(v => FormattableString.Invariant($"{v.Key} {v.Value:0.0000}"))));
    }

    private void Commit()
    {
        if (_steps!.BeginAgain()) return;
        var began = _time.GetTimestamp();
        var record = _steps.Commit(out var tokens, out var seconds, out var scoringSeconds);
        var appending = _time.GetTimestamp();
        _book.Append(record);
        var appended = _time.GetElapsedTime(appending);
        var told = _chronicle!.Committed(record, tokens, seconds, scoringSeconds);
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
        _ending.Left(session);
        Forget(session);
        // It may say no more; what it had is for the others at once, whenever the connection closes.
        session.Link.Close(LinkEnd.Done, "goodbye");
        if (_roster.Remove(session))
        {
            _roster.Changed();
            _status.Gone(session);
        }
    }

    private void Refuse(Session session, string message)
    {
        _roster.Tell("refused", session, message);
        session.Link.Close(LinkEnd.Refused, PrintableText.Of($"{session.Name}: {message}", LongestRefusal));
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
        _steps?.Drop(session);
        _evaluation.Drop(session);
        Quarantine(_digests.Overlook(session));
        _roster.Tell("hung", session, "no progress for too long; its work is given to others");
    }

    private void Forget(Session session)
    {
        _steps?.Drop(session);
        _evaluation.Drop(session);
        Quarantine(_digests.Forget(session));
    }

    private void Quarantine(IReadOnlyList<Session> sessions)
    {
        foreach (var session in sessions)
        {
            _steps?.Drop(session);
            _evaluation.Drop(session);
        }
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
            if (Result is not null && _ending.HasBegun) _ending.TellToFinish();
        }
        finally
        {
            _advancing = false;
        }
    }

    /// <summary>True if something changed, so that there may be more to do.</summary>
    private bool AdvanceOnce()
    {
        if (_steps is null) return Interrupted() || StoppedWithNobody();
        if (_steps.IsOpen)
        {
            if (_steps.HandOut())
            {
                Commit();
                return true;
            }

            // With nobody there the step in flight would never end.
            if (!(_stopping || _interrupted) || HasWorkers) return false;
            _steps.Abandon();
        }

        if (_ending.HasBegun) return TryEnd();
        if (Interrupted()) return false;
        if (IsEvaluationDue() && !IsStoppedWithoutRows())
        {
            if (_evaluation.Rows is null) return false;
            if (!_evaluation.IsOpen) _evaluation.Begin();
            _evaluation.HandOut();
            return false;
        }

        if (_book.Steps >= _book.MaxSteps || _chronicle!.WantsToStop || _stopping) return Compared() && Finish();
        if (_paused || _roster.Eligible.Count() < (_begun ? 1 : _options.MinWorkers)) return SendCommits();
        _begun = true;
        _steps.Begin(IsDigestDue());
        return false;
    }

    private bool Interrupted()
    {
        if (!_interrupted) return false;
        End(RunOutcome.Interrupted, _book.HasBegun ? _book.Steps : 0);
        return true;
    }

    /// <summary>A stop does not wait for an evaluation that nobody there can make. The end of the run does.</summary>
    private bool IsStoppedWithoutRows() => _stopping && _book.Steps < _book.MaxSteps && !_evaluation.HasSomebody;

    /// <summary>A stop before any worker was ready, with none on its way: there is nobody to wait for.</summary>
    private bool StoppedWithNobody()
    {
        if (!_stopping || HasWorkers) return false;
        End(RunOutcome.Stopped, _book.HasBegun ? _book.Steps : 0);
        return true;
    }

    /// <summary>While no step is in flight, nobody should be left without the last commit.</summary>
    private bool SendCommits()
    {
        foreach (var session in _roster.Sessions.Where(session => session.Ready is not null)) _roster.SendRound(session, null, wantsDigest: false);
        return false;
    }

    private bool IsEvaluationDue()
    {
        var expected = _evaluation.Rows is not null || _book.Recipe.Get(RecipeKeys.EvalFile) is not null;
        if (!expected || _chronicle!.IsEvaluated) return false;
        var step = _book.Steps;
        var interval = _book.Recipe.Get(RecipeKeys.EvalSteps) ?? _book.MaxSteps;
        return step == _book.FirstStep || step % interval == 0 || step == _book.MaxSteps;
    }

    private bool IsDigestDue()
    {
        var due = (_book.Steps > 0 && _book.Steps % _book.Recipe.Get(RecipeKeys.DigestSteps) == 0) || _steps!.WantsCheck;
        if (!due || _digestedStep == _book.Steps || _roster.Eligible.Count() < 2) return false;
        (_digestedStep, _steps!.WantsCheck) = (_book.Steps, false);
        _digests.Ask();
        return true;
    }

    /// <summary>Before the end, the weights of all ranks are compared once more. True once that is done.</summary>
    private bool Compared()
    {
        if (_digests.IsWaiting || _roster.Sessions.Any(session => session.Quarantine is not null && !session.IsHung)) return false;
        // Those that were in quarantine at the time too.
        var ranks = _roster.Eligible.ToList();
        if (ranks.Count < 2 || ranks.TrueForAll(session => session.AgreedStep >= _book.Steps)) return true;
        _digests.Ask();
        foreach (var session in ranks) _roster.SendRound(session, null, wantsDigest: true);
        return false;
    }

    private bool Finish()
    {
        _ending.Begin();
        _status.Touch();
        return true;
    }

    private bool TryEnd()
    {
        if (!_ending.IsComplete()) return false;
        End(_ending.Outcome, _ending.Step);
        return true;
    }

    private void End(RunOutcome outcome, int step)
    {
        var (before, after) = _chronicle?.Around(step) ?? default;
        Result = new RunResult
        {
            Outcome = outcome,
            Steps = _book.HasBegun ? _book.Steps : 0,
            ElapsedSeconds = _chronicle?.ElapsedSeconds ?? 0,
            Output = _book.Directory.Path,
            Before = before,
            After = after,
        };
        _status.Touch();
        _roster.Tell("finished", null, $"the run has ended: {outcome.Name()}");
    }

    private RunState State(out string message)
    {
        var eligible = _roster.Eligible.Count();
        if (Result is { } result)
        {
            message = $"the run has ended: {result.Outcome.Name()}";
            return RunState.Finished;
        }

        if (_ending.HasBegun)
        {
            message = "the workers write the model and say goodbye";
            return RunState.Finishing;
        }

        if (_steps is null || eligible == 0)
        {
            var there = _roster.Sessions.Count;
            message = there == 0 ? "waiting for a worker"
                : _roster.Sessions.Any(session => session.Ready is null) ? $"waiting for {there} workers to open their model and data"
                : $"waiting for {there} workers to catch up";
            return RunState.Waiting;
        }

        if (_paused && !_steps.IsOpen)
        {
            message = "paused on request";
            return RunState.Paused;
        }

        if (!_begun && eligible < _options.MinWorkers && !_evaluation.IsOpen)
        {
            message = $"waiting for workers: {eligible} of {_options.MinWorkers} are there";
            return RunState.Waiting;
        }

        if (!_steps.IsOpen && IsEvaluationDue())
        {
            var waits = !_evaluation.HasSomebody;
            message = waits
                ? _evaluation.Rows is null
                    ? "waiting for a worker with the held-out rows: eval_file is set, so give one --eval-data"
                    : "waiting for a worker with the held-out rows of this run: give one the same --eval-data as before"
                : $"evaluating at step {_book.Steps}";
            return waits ? RunState.Waiting : RunState.Evaluating;
        }

        message = $"training with {eligible} {(eligible == 1 ? "worker" : "workers")}";
        return RunState.Training;
    }
}
