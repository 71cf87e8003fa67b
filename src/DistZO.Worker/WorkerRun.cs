using System.Diagnostics;
using System.Reflection;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;
using DistZO.Training;

namespace DistZO.Worker;

/// <summary>
/// A worker's part of a run: what it does with each message of its coordinator. Holds the weights, which are a function of the base and
/// of the records it was sent; so connections may come and go. Everything but <see cref="Beat"/> belongs to one thread, which calls
/// <see cref="Handle"/> for each message in order, and <see cref="CatchUp"/> while there is none.
/// </summary>
public sealed class WorkerRun : IDisposable
{
    private readonly WorkerOptions _options;
    private readonly Action<WorkerMessage> _send;
    private readonly Action<NoticeLevel, string, string> _notice;
    private readonly TimeProvider _time;
    private readonly string _id = Guid.NewGuid().ToString("n");
    private OpenedRun? _run;
    private ulong _incarnation;
    private ulong _session;
    private ShareDone? _unacknowledged;
    private long _progress;
    private long _foldedStep;
    private int _dueSnapshot;
    private long _lastCommitAt;

    /// <summary>By <see cref="TraceClock"/>: since when the worker has nothing to do; 0 for no such time.</summary>
    private long _idleSince;

    /// <param name="options">What the worker is told.</param>
    /// <param name="send">Takes its messages, in order; neither blocks nor throws.</param>
    /// <param name="notice">Receives lines for people: level, kind, text.</param>
    /// <param name="time">The clock of what is measured.</param>
    public WorkerRun(WorkerOptions options, Action<WorkerMessage> send, Action<NoticeLevel, string, string> notice, TimeProvider time) =>
        (_options, _send, _notice, _time) = (options, send, notice, time);

    /// <summary>True once the run has ended and all that was to be done here is done.</summary>
    public bool HasFinished { get; private set; }

    /// <summary>How the run ended, once it has.</summary>
    public RunOutcome? Outcome { get; private set; }

    /// <summary>Whether commits should be folded while there is nothing else to do.</summary>
    public bool LagsBehind => _run is { } run && run.History.Steps - run.FoldedStep >= RunHistory.MostPending;

    /// <summary>The digest of the weights as they are held now, for tests and messages. Null before a model is open.</summary>
    public string? Digest() => _run is { } run ? WeightsDigest.Text(run.Inputs.Model.Digest()) : null;

    /// <summary>The weights; null before a model is open.</summary>
    public Model? Model => _run?.Inputs.Model;

    /// <summary>Introduces the worker on a new connection.</summary>
    public void Connected() => _send(new Hello(Hello.CurrentProtocol, _id, _options.Name, Version));

    /// <summary>Does what a message asks for. Takes as long as the work takes.</summary>
    /// <exception cref="BadInputException">The worker's model or data are not as they should be.</exception>
    /// <exception cref="RunFailedException">Memory or disk do not suffice.</exception>
    public void Handle(CoordinatorMessage message)
    {
        if (_idleSince != 0) _options.Trace?.Add(new TraceSpan(TrackName.Host, "the coordinator", _idleSince, TraceClock.Now, 0));
        _idleSince = 0;
        try
        {
            switch (message)
            {
                case Welcome welcome: Join(welcome); break;
                case Records records: Take(records); break;
                case Round round: Take(round); break;
                case EvaluateRows rows: Evaluate(rows); break;
                case Refold refold: FoldAgain(refold); break;
                case Finish finish: End(finish); break;
            }
        }
        catch (OperationCanceledException)
        {
            // Something newer has come in, or the worker is to leave. Every weight knows how far it is folded.
        }

        NoteFolded();
    }

    /// <summary>Folds the commits that are pending.</summary>
    public void CatchUp()
    {
        if (_run is not { } run) return;
        if (run.History.Steps - run.FoldedStep > RunHistory.MostPending)
            _notice(NoticeLevel.Information, "catch_up", $"replaying {run.History.Steps - run.FoldedStep} steps");
        run.MoveTo(run.History.Steps, Warn, step => Interlocked.Exchange(ref _foldedStep, step));
        NoteFolded();
        _send(Beat());
    }

    /// <summary>A sign of life. Safe from any thread.</summary>
    public Heartbeat Beat() => new(Interlocked.Read(ref _foldedStep), Interlocked.Read(ref _progress), Environment.WorkingSet);

    /// <summary>Says that the worker leaves.</summary>
    public void Leave(string reason) => _send(new Goodbye(HasFinished, reason));

    public void Dispose() => _run?.Dispose();

    private static string Version =>
        typeof(WorkerRun).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    private OpenedRun Run => _run ?? throw new RunFailedException("the coordinator sent work before it said what the run is");

    private void Join(Welcome welcome)
    {
        if (welcome.Incarnation != _incarnation) _unacknowledged = null;
        (_incarnation, _session) = (welcome.Incarnation, welcome.Session);
        if (_run is null)
        {
            TextScorers.Require(welcome.Recipe, _options.AllowsCommand);
            var inputs = _options.Open(welcome.Recipe);
            _run = new OpenedRun(inputs, _options, welcome.Parent, BeforeBlock, NoteProgress, _time);
            foreach (var line in inputs.Notices) _notice(NoticeLevel.Information, "offload", line);
        }

        _run.Follow(welcome);
        _options.Log?.Run = _run.Identity.Digest;
        _send(_run.Introduce());
        // Made before the connection broke: the coordinator decides whether it still needs it.
        if (_unacknowledged is { } report) _send(report);
    }

    private void Take(Records records)
    {
        Run.Take(records);
        _unacknowledged = null;
        // The coordinator takes who lacked many records for one who has to fold them; weights that were stored may be there already.
        NoteFolded();
        _send(Beat());
    }

    private void Take(Round round)
    {
        var run = Run;
        if (round.Commit.Length > 0) Commit(run, round.Commit);
        try
        {
            if (round.Assignment is { } assignment) Evaluate(run, assignment);
        }
        catch (OperationCanceledException)
        {
            // The share is worth nothing any more; the digest is.
        }

        if (round.WantsDigest) TellDigest(run, run.History.Steps);
        if (_dueSnapshot > 0 && _dueSnapshot == run.History.Steps) run.Save(Warn);
        _dueSnapshot = 0;
    }

    private void Commit(OpenedRun run, ReadOnlyMemory<byte> payload)
    {
        run.Append(payload);
        _unacknowledged = null;
        var step = run.History.Steps;
        if (run.IsSnapshotDue(step)) _dueSnapshot = step;
        var now = _time.GetTimestamp();
        if (_lastCommitAt != 0 && run.Forecast.AfterStep(step, run.MaxSteps, _time.GetElapsedTime(_lastCommitAt, now).TotalSeconds) is { } forecast)
            _notice(NoticeLevel.Information, "forecast", forecast);
        _lastCommitAt = now;
    }

    private void Evaluate(OpenedRun run, Assignment assignment)
    {
        if (run.History.Steps != assignment.Step)
            throw new RunFailedException($"the coordinator asked for step {assignment.Step} after sending {run.History.Steps} records");
        if (_lastCommitAt == 0) _lastCommitAt = _time.GetTimestamp();
        var began = _time.GetTimestamp();
        _options.Trace?.BeginStep((int)assignment.Step + 1);
        _options.Log?.Step = assignment.Step + 1;
        var span = _options.Spans?.Begin("share", assignment.TraceParent, assignment.Step + 1);
        ProbeSum[] sums;
        try
        {
            run.Approach((int)assignment.Step, Warn);
            sums = [.. run.Steps.Evaluate((int)assignment.Step, assignment.Share)];
            _options.Spans?.Took(_time.GetElapsedTime(began));
        }
        finally
        {
            _options.Spans?.End(span);
        }

        var report = new ShareReport(
            _incarnation, _session, assignment.Step, run.History.Chain, assignment.Share, sums, run.Steps.Terms);
        _unacknowledged = new ShareDone(report, _time.GetElapsedTime(began), (int)run.Steps.Tokens) { ScoringTime = run.Steps.ScoringTime };
        _idleSince = TraceClock.Now;
        _send(_unacknowledged);
    }

    private void Evaluate(EvaluateRows asked)
    {
        var run = Run;
        var rows = run.Inputs.Evaluation ?? throw new RunFailedException("the coordinator asked for held-out rows, of which there are none here");
        var began = _time.GetTimestamp();
        var span = _options.Spans?.Begin("evaluate", asked.TraceParent, asked.Step);
        try
        {
            run.Approach((int)asked.Step, Warn);
            run.IsEvaluating = true;
            var result = run.Evaluator.Run((int)asked.Step, rows, asked.RowStart..asked.RowEnd);
            var time = _time.GetElapsedTime(began);
            run.Forecast.AfterEvaluation(time.TotalSeconds);
            _send(new EvaluationDone(_incarnation, _session, run.History.Chain, asked.RowStart, asked.RowEnd, result, time));
        }
        finally
        {
            run.IsEvaluating = false;
            _options.Spans?.End(span);
        }

        _lastCommitAt = 0;
    }

    private void TellDigest(OpenedRun run, int step)
    {
        run.MoveTo(step, Warn, _ => NoteProgress());
        _send(new DigestDone(step, run.History.ChainAt(step), run.Inputs.Model.Digest()));
    }

    private void FoldAgain(Refold refold)
    {
        _notice(NoticeLevel.Warning, "refold", $"the weights at step {refold.Step} differ from those of other workers; folding again from the base");
        Run.StartAgain((int)refold.LastAgreedStep);
        TellDigest(Run, (int)refold.Step);
        CatchUp();
    }

    private void End(Finish finish)
    {
        var run = Run;
        if (!run.History.IsPrefix(finish.Step, finish.Chain)) throw new RunFailedException("the records that were sent are not those of the run that ended");
        if (_options.Output is not null) run.Export((int)finish.Step, Warn);
        else if (LagsBehind) CatchUp();
        (HasFinished, Outcome) = (true, finish.Outcome);
        Leave("");
    }

    private void Warn(string message) => _notice(NoticeLevel.Warning, "snapshot", message);

    private void NoteProgress() => Interlocked.Increment(ref _progress);

    private void BeforeBlock()
    {
        NoteProgress();
        if (_options.IsSuperseded()) throw new OperationCanceledException("something newer has come in");
        if (_run!.IsEvaluating) _options.Stopping.ThrowIfCancellationRequested();
    }

    private void NoteFolded()
    {
        if (_run is { } run) Interlocked.Exchange(ref _foldedStep, run.FoldedStep);
    }
}
