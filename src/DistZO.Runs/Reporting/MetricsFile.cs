using System.Text;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>
/// <c>metrics.jsonl</c>: a line for every <c>logging_steps</c>-th step and for every evaluation. It is a view of the ledger, not a
/// second truth: lines are not fsynced, a resumed run cuts the file back to the ledger, and the caller tells again the steps that
/// a crash lost.
/// </summary>
public sealed class MetricsFile : IRunReporter
{
    private readonly string _path;
    private readonly int _loggingSteps;
    private FileStream? _file;

    /// <summary>Nothing is opened or made before the first line.</summary>
    /// <param name="path">The file, made if it is not there.</param>
    /// <param name="loggingSteps">A line every so many steps; the last step always has one.</param>
    public MetricsFile(string path, int loggingSteps = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(loggingSteps, 1);
        _path = path;
        _loggingSteps = loggingSteps;
    }

    /// <summary>What still has a line in the file.</summary>
    /// <param name="LastStep">The last step; 0 for none.</param>
    /// <param name="Evaluations">The steps of the evaluations.</param>
    public sealed record Lines(int LastStep, IReadOnlySet<int> Evaluations);

    /// <summary>
    /// Drops every line that says something about the time after <paramref name="committed"/> steps, and every line that is torn.
    /// Returns what still has a line, so that the caller can tell the rest again.
    /// </summary>
    public Lines CutBack(int committed)
    {
        var evaluations = new HashSet<int>();
        if (!File.Exists(_path)) return new Lines(0, evaluations);
        try
        {
            Close();
            var kept = new List<string>();
            var dropped = false;
            var last = 0;
            foreach (var line in File.ReadLines(_path))
            {
                var step = StepOf(line, out var isEvaluation);
                if (step is null || step > committed)
                {
                    dropped = true;
                    continue;
                }

                kept.Add(line);
                if (isEvaluation) evaluations.Add(step.Value);
                else last = Math.Max(last, step.Value);
            }

            // A last line that lost only its newline is whole to a reader, and would swallow the line appended next.
            if (dropped || !EndsWithNewLine()) Rewrite(kept);
            return new Lines(last, evaluations);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(_path, e);
        }
    }

    public void Started(RunSummary run)
    {
    }

    public void Step(StepMetrics step)
    {
        if (step.Step % _loggingSteps == 0 || step.Step == step.MaxSteps || step.Skipped) Append(MetricsLine.Of(step));
    }

    public void Evaluated(EvaluationMetrics evaluation) => Append(MetricsLine.Of(evaluation));

    public void Notice(NoticeLevel level, string name, string message)
    {
    }

    public void Finished(RunResult result) => Close();

    public void Dispose() => Close();

    private void Append(string line)
    {
        try
        {
            _file ??= new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            // One write a line, so that someone who follows the file never reads half of one.
            _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(_path, e);
        }
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    private void Rewrite(List<string> lines) => DurableFile.WriteAtomically(_path, stream =>
    {
        using var text = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
        foreach (var line in lines) text.WriteLine(line);
    });

    private bool EndsWithNewLine()
    {
        using var file = File.OpenRead(_path);
        if (file.Length == 0) return true;
        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }

    private static int? StepOf(string line, out bool isEvaluation)
    {
        isEvaluation = false;
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            isEvaluation = !document.RootElement.TryGetProperty("loss", out _);
            return document.RootElement.TryGetProperty("step", out var step) && step.TryGetInt32(out var value) ? value : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
