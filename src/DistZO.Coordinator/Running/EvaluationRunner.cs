using System.Diagnostics;
using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>The evaluation in flight: shares the held-out rows out over the workers that have them, and adds up what they come to.</summary>
internal sealed class EvaluationRunner(RunBook book, Roster roster, TimeProvider time, ulong incarnation)
{
    /// <summary>Shards for each worker: so that slow and fast ones end at about the same time.</summary>
    private const int ShardsPerWorker = 4;

    private RowBoard? _board;
    private Activity? _span;

    /// <summary>The held-out rows of the run; null until a worker brought some.</summary>
    public EvaluationRows? Rows { get; set; }

    /// <summary>Whether an evaluation is in flight.</summary>
    public bool IsOpen => _board is not null;

    /// <summary>Begins the evaluation of the weights now.</summary>
    public void Begin()
    {
        _span = Spans.Start(StepTrace.Source, "evaluation", default)?.SetTag("distzo.run", book.Identity.Digest).SetTag("distzo.step", book.Steps);
        var workers = Math.Max(1, roster.Eligible.Count(HasRows));
        _board = new RowBoard(book.Steps, Rows!.Rows, workers == 1 ? 1 : workers * ShardsPerWorker);
    }

    /// <summary>Whether somebody is there who can evaluate; until then an evaluation that is due waits.</summary>
    public bool HasSomebody => roster.Eligible.Any(HasRows);

    /// <summary>Gives rows to workers that rest.</summary>
    public void HandOut()
    {
        foreach (var session in roster.Eligible.Where(HasRows).ToList())
        {
            if (session.IsBusy || _board!.Take(session) is not { } rows) continue;
            session.Rows = rows;
            session.GivenAt = session.ProgressAt = time.GetTimestamp();
            roster.SendRound(session, null, wantsDigest: false);
            session.Link.Send(new EvaluateRows(_board.Step, rows.Start, rows.End) { TraceParent = Spans.TraceParent(_span) });
        }
    }

    /// <summary>Takes a result; returns the whole evaluation once it is complete.</summary>
    public EvaluationResult? Take(Session session, EvaluationDone done)
    {
        var rows = new RowRange(done.RowStart, done.RowEnd);
        if (_board is null || done.Incarnation != incarnation || session.Quarantine is not null) return null;
        // A result of an earlier evaluation, for instance, which the same rows of this one are still to follow.
        if (done.Result.Step != _board.Step || done.Chain != book.Chain) return null;
        if (session.Rows == rows)
        {
            session.RowSeconds = done.Time.TotalSeconds / Math.Max(1, rows.Count);
            Drop(session);
        }

        if (!IsPossible(rows, done.Result)) return null;
        session.FoldedStep = Math.Max(session.FoldedStep, _board.Step);
        if (!_board.Accept(rows, done.Result) || !_board.IsComplete) return null;
        var total = Named(_board.Total!);
        Spans.Stop(_span);
        (_board, _span) = (null, null);
        // Whoever still computes rows that another one was faster with gets its next share behind them.
        foreach (var other in roster.Sessions) other.Rows = null;
        return total;
    }

    /// <summary>A session has gone, hangs or is not believed.</summary>
    public void Drop(Session session)
    {
        session.Rows = null;
        _board?.Drop(session);
    }

    private bool HasRows(Session session) => session.Ready!.Evaluation?.Digest == Rows?.Digest && Rows is not null;

    /// <summary>The result under the run's labels and the names of its scores: workers send numbers only.</summary>
    private EvaluationResult Named(EvaluationResult total)
    {
        var answers = total.Answers is { } scores ? scores with { Names = book.Recipe.AnswerMetrics } : null;
        return new EvaluationResult(total.Step, total.Rows, total.LossSum, total.Terms, total.Flagged, total.Undecided, Named(total.Confusion), answers);
    }

    private ConfusionTable? Named(ConfusionTable? counts)
    {
        if (counts is null) return null;
        var table = new ConfusionTable(Rows!.Labels);
        for (var truth = 0; truth < counts.Labels.Count; truth++)
        {
            for (var predicted = 0; predicted < counts.Labels.Count; predicted++) table.Add(truth, predicted, counts[truth, predicted]);
        }

        return table;
    }

    private bool IsPossible(RowRange rows, EvaluationResult result) =>
        result.Rows == rows.End - rows.Start
        && (result.Confusion?.Labels.Count ?? 0) == Rows!.Labels.Count
        && (result.Answers?.Sums.Count ?? 0) == book.Recipe.AnswerMetrics.Count;
}
