using DistZO.Runs;

namespace DistZO.Coordinator;

/// <summary>What a run is doing, in a word and in a sentence.</summary>
internal static class StateTeller
{
    /// <param name="result">How it ended; null while it goes on.</param>
    /// <param name="course">Null before it has begun.</param>
    /// <param name="book">The run.</param>
    /// <param name="roster">Who is there.</param>
    /// <param name="requests">What people have asked of it.</param>
    /// <param name="minWorkers">It begins with so many.</param>
    public static (RunState State, string Message) Of(RunResult? result, RunCourse? course, RunBook book, Roster roster, RunRequests requests, int minWorkers)
    {
        if (result is not null) return (RunState.Finished, $"the run has ended: {result.Outcome.Name()}");
        if (course is { Ending.HasBegun: true }) return (RunState.Finishing, "the workers write the model and say goodbye");
        var eligible = roster.Eligible.Count();
        if (course is null || eligible == 0)
        {
            var there = roster.Sessions.Count;
            return (RunState.Waiting, there == 0 ? "waiting for a worker"
                : roster.Sessions.Any(session => session.Ready is null) ? $"waiting for {there} workers to open their model and data"
                : $"waiting for {there} workers to catch up");
        }

        if (requests.Pause && !course.Steps.IsOpen) return (RunState.Paused, "paused on request");
        if (!course.IsUnderWay && eligible < minWorkers && !course.Evaluation.IsOpen)
            return (RunState.Waiting, $"waiting for workers: {eligible} of {minWorkers} are there");

        if (!course.Steps.IsOpen && course.IsEvaluationDue)
        {
            return course.Evaluation.HasSomebody ? (RunState.Evaluating, $"evaluating at step {book.Steps}")
                : (RunState.Waiting, course.Evaluation.Rows is null
                    ? "waiting for a worker with the held-out rows: eval_file is set, so give one --eval-data"
                    : "waiting for a worker with the held-out rows of this run: give one the same --eval-data as before");
        }

        return (RunState.Training, $"training with {eligible} {(eligible == 1 ? "worker" : "workers")}");
    }
}
