using System.Globalization;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>
/// Writes an event file that TensorBoard opens: records framed as TFRecord, each an <c>Event</c> protocol buffer with scalars
/// (<c>train/loss</c>, <c>eval/accuracy</c>, …). Every process writes its own file; a resumed run's begins with a session mark, at
/// which TensorBoard forgets what older files say about later steps.
/// </summary>
public sealed class TensorBoardWriter : IRunReporter
{
    private readonly string _path;
    private readonly int _loggingSteps;
    private readonly TimeProvider _time;
    private FileStream? _file;

    /// <param name="directory">Where the file goes, made if it is not there: TensorBoard's <c>--logdir</c>, or a folder under it.</param>
    /// <param name="loggingSteps">Scalars of every so many steps; the last step always has them.</param>
    /// <param name="time">For the file's name and the wall time in it.</param>
    public TensorBoardWriter(string directory, int loggingSteps, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loggingSteps, 1);
        _loggingSteps = loggingSteps;
        _time = time;
        // TensorBoard reads files with "tfevents" in their names, in the order of the names: the time comes first.
        var seconds = time.GetUtcNow().ToUnixTimeSeconds().ToString("D10", CultureInfo.InvariantCulture);
        _path = Path.Combine(directory, $"events.out.tfevents.{seconds}.{Environment.MachineName}.{Environment.ProcessId}.0");
    }

    public void Started(RunSummary run)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            _file = new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(_path, e);
        }

        Write(EventMessage.FileVersion(Now));
        Write(EventMessage.SessionStart(Now, run.CommittedSteps + 1));
        Flush();
    }

    public void Step(StepMetrics step)
    {
        if (step.Step % _loggingSteps != 0 && step.Step != step.MaxSteps) return;
        var scalars = new List<(string, double)>();
        Add(scalars, "train/loss", step.Loss);
        Add(scalars, "train/smoothed_loss", step.SmoothedLoss);
        Add(scalars, "train/learning_rate", step.LearningRate);
        Add(scalars, "train/projected_gradient", step.ProjectedGradient);
        Add(scalars, "train/tokens_per_second", step.TokensPerSecond);
        Add(scalars, "train/scoring_seconds", step.ScoringSeconds);
        if (scalars.Count > 0) Write(EventMessage.Scalars(Now, step.Step, scalars));
    }

    public void Evaluated(EvaluationMetrics evaluation)
    {
        var scalars = new List<(string, double)>();
        foreach (var (name, value) in evaluation.Values) Add(scalars, "eval/" + name, value);
        if (scalars.Count > 0) Write(EventMessage.Scalars(Now, evaluation.Step, scalars));
        Flush();
    }

    public void Notice(NoticeLevel level, string name, string message)
    {
    }

    public void Finished(RunResult result) => Flush();

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private double Now => _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    // A skipped step has no loss: a gap in the curve says that better than a NaN, which some charts draw as 0.
    private static void Add(List<(string, double)> scalars, string tag, double? value)
    {
        if (value is { } number && double.IsFinite(number)) scalars.Add((tag, number));
    }

    private void Write(byte[] message)
    {
        try
        {
            _file?.Write(TfRecord.Frame(message));
        }
        catch (IOException e)
        {
            throw DurableFile.Explain(_path, e);
        }
    }

    private void Flush()
    {
        try
        {
            _file?.Flush();
        }
        catch (IOException e)
        {
            throw DurableFile.Explain(_path, e);
        }
    }
}
