using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>A run that has begun: its evaluations, steps and comparisons of weights in their order, up to its end.</summary>
internal sealed class RunCourse
{
    private readonly RunBook _book;
    private readonly EngineOptions _options;
    private readonly Roster _roster;
    private readonly DigestKeeper _digests;
    private readonly RunRequests _requests;
    private long _digestedStep = -1;

    /// <param name="book">The run.</param>
    /// <param name="options">How to run it.</param>
    /// <param name="roster">Who is there.</param>
    /// <param name="digests">Compares weights.</param>
    /// <param name="requests">What people have asked of it.</param>
    /// <param name="ready">What the first worker has.</param>
    /// <param name="reporter">Is told what happens.</param>
    /// <param name="metrics">One of the reporters: is told again what a crash lost.</param>
    /// <param name="time">The clock.</param>
    /// <param name="trace">Is told what the step in flight is at.</param>
    public RunCourse(
        RunBook book, EngineOptions options, Roster roster, DigestKeeper digests, RunRequests requests, Ready ready, IRunReporter reporter,
        MetricsFile metrics, TimeProvider time, StepTrace trace)
    {
        (_book, _options, _roster, _digests, _requests) = (book, options, roster, digests, requests);
        reporter.Started(new RunSummary
        {
            Run = book.Identity.Digest,
            Model = book.Recipe.Get(RecipeKeys.Model) ?? book.Header.Recipe.Get(RecipeKeys.Model) ?? "the model of the run",
            Parameters = ready.Parameters,
            Rows = book.Identity.Rows,
            BatchSize = book.Recipe.Get(RecipeKeys.BatchSize),
            CommittedSteps = book.Steps,
            MaxSteps = book.MaxSteps,
            Ledger = book.Directory.Ledger,
        });
        Evaluation = new EvaluationRunner(book, roster, time, options.Incarnation) { Rows = Usable(ready.Evaluation) };
        Chronicle = new RunChronicle(book, Evaluation.Rows?.Digest, reporter, metrics, time);
        Chronicle.TellAgain(options.TokensOf);
        Steps = new StepRunner(book, roster, options.Incarnation, time, trace);
        Ending = new RunEnding(book, roster, Chronicle, time);
        // A run that is under way goes on with whoever is there.
        IsUnderWay = book.Steps > book.FirstStep;
    }

    /// <summary>What is told.</summary>
    public RunChronicle Chronicle { get; }

    /// <summary>The step in flight.</summary>
    public StepRunner Steps { get; }

    /// <summary>The evaluation in flight.</summary>
    public EvaluationRunner Evaluation { get; }

    /// <summary>The end.</summary>
    public RunEnding Ending { get; }

    /// <summary>A step has begun, so that the run waits for no further workers.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Whether the weights now are to be evaluated before anything else.</summary>
    public bool IsEvaluationDue
    {
        get
        {
            var expected = Evaluation.Rows is not null || _book.Recipe.Get(RecipeKeys.EvalFile) is not null;
            if (!expected || Chronicle.IsEvaluated) return false;
            var step = _book.Steps;
            var interval = _book.Recipe.Get(RecipeKeys.EvalSteps) ?? _book.MaxSteps;
            return step == _book.FirstStep || step % interval == 0 || step == _book.MaxSteps;
        }
    }

    /// <summary>A worker is ready.</summary>
    public void Came(Session session, Ready ready)
    {
        Ending.Came(ready);
        if (Usable(ready.Evaluation) is not { } rows) return;
        if (Evaluation.Rows is null)
        {
            Evaluation.Rows = rows;
            if (Chronicle.Rows != rows.Digest) Chronicle.AdoptRows(rows.Digest);
        }
        else if (Evaluation.Rows.Digest != rows.Digest)
        {
            _roster.Tell("joined", session, "its held-out rows are not those of the other workers, so it takes no part in evaluations");
        }
    }

    /// <summary>Held-out rows are evaluated.</summary>
    public void Take(Session session, EvaluationDone done)
    {
        if (Evaluation.Take(session, done) is not { } result) return;
        var evaluation = Chronicle.Evaluated(result);
        _roster.Tell("evaluation", null, string.Join("  ", evaluation.Values.Select(v => FormattableString.Invariant($"{v.Key} {v.Value:0.0000}"))));
    }

    /// <summary>A session has gone, hangs or is not believed: what it computes is for somebody else.</summary>
    public void Drop(Session session)
    {
        Steps.Drop(session);
        Evaluation.Drop(session);
    }

    /// <summary>Does what comes next while no step is in flight. True if the run is to be ended now.</summary>
    public bool Next()
    {
        if (IsEvaluationDue && !IsStoppedWithoutRows())
        {
            if (Evaluation.Rows is null) return false;
            if (!Evaluation.IsOpen) Evaluation.Begin();
            Evaluation.HandOut();
            return false;
        }

        if (_book.Steps >= _book.MaxSteps || Chronicle.WantsToStop || _requests.Stop) return AreCompared();
        if (_requests.Pause || _roster.Eligible.Count() < (IsUnderWay ? 1 : _options.MinWorkers))
        {
            SendCommits();
            return false;
        }

        IsUnderWay = true;
        Steps.Begin(IsDigestDue());
        return false;
    }

    private static EvaluationRows? Usable(EvaluationRows? rows) => rows is { Rows: > 0 } ? rows : null;

    /// <summary>A stop does not wait for an evaluation that nobody there can make. The end of the run does.</summary>
    private bool IsStoppedWithoutRows() => _requests.Stop && _book.Steps < _book.MaxSteps && !Evaluation.HasSomebody;

    /// <summary>While no step is in flight, nobody should be left without the last commit.</summary>
    private void SendCommits()
    {
        foreach (var session in _roster.Sessions.Where(session => session.Ready is not null)) _roster.SendRound(session, null, wantsDigest: false);
    }

    private bool IsDigestDue()
    {
        var due = (_book.Steps > 0 && _book.Steps % _book.Recipe.Get(RecipeKeys.DigestSteps) == 0) || Steps.WantsCheck;
        if (!due || _digestedStep == _book.Steps || _roster.Eligible.Count() < 2) return false;
        (_digestedStep, Steps.WantsCheck) = (_book.Steps, false);
        _digests.Ask();
        return true;
    }

    /// <summary>Before the end, the weights of all ranks are compared once more. True once that is done.</summary>
    private bool AreCompared()
    {
        if (_digests.IsWaiting || _roster.Sessions.Any(session => session.Quarantine is not null && !session.IsHung)) return false;
        // Those that were in quarantine at the time too.
        var ranks = _roster.Eligible.ToList();
        if (ranks.Count < 2 || ranks.TrueForAll(session => session.AgreedStep >= _book.Steps)) return true;
        _digests.Ask();
        foreach (var session in ranks) _roster.SendRound(session, null, wantsDigest: true);
        return false;
    }
}
