using System.Text.Json;

namespace DistZO.Runs.Tests.Reporting;

public sealed class MetricsFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("distzo-metrics-").FullName;

    private string Path => System.IO.Path.Combine(_folder, "metrics.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void MetricsFile_StepsAndEvaluation_AreLinesUnderTheNamesUsersKnow()
    {
        using (var file = new MetricsFile(Path))
        {
            file.Step(Step(1) with { LearningRate = 1e-6, SmoothedLoss = 1.5, Tokens = 480, TokensPerSecond = 1234.56 });
            file.Evaluated(new EvaluationMetrics(1, [new("accuracy", 0.75), new("macro_f1", 0.7)], IsBest: true));
        }

        var lines = File.ReadAllLines(Path);
        Assert.Equal(2, lines.Length);
        var step = JsonDocument.Parse(lines[0]).RootElement;
        Assert.Equal(1, step.GetProperty("step").GetInt32());
        Assert.Equal(1.25, step.GetProperty("loss").GetDouble());
        Assert.Equal(1.5, step.GetProperty("smoothed_loss").GetDouble());
        Assert.Equal(1e-6, step.GetProperty("learning_rate").GetDouble());
        Assert.Equal(1234.6, step.GetProperty("tokens_per_second").GetDouble());
        Assert.Equal("""{"step":1,"eval_accuracy":0.75,"eval_macro_f1":0.7,"best":true}""", lines[1]);
    }

    [Fact]
    public void MetricsFile_SkippedStep_HasNoLossAndSaysSo()
    {
        Write(Step(1) with { Loss = double.NaN, Skipped = true });

        var line = JsonDocument.Parse(File.ReadAllText(Path)).RootElement;
        Assert.Equal(JsonValueKind.Null, line.GetProperty("loss").ValueKind);
        Assert.True(line.GetProperty("skipped").GetBoolean());
        Assert.False(line.TryGetProperty("elapsed_seconds", out _));
    }

    [Fact]
    public void MetricsFile_LoggingSteps_WritesThoseAndTheLast()
    {
        using (var file = new MetricsFile(Path, loggingSteps: 4))
        {
            for (var i = 1; i <= 10; i++) file.Step(Step(i));
        }

        Assert.Equal([4, 8, 10], Steps());
    }

    [Fact]
    public void CutBack_LaterLines_GoAndTheRestStaysAsItWas()
    {
        Write(Step(1), Step(2), Step(3));
        using var file = new MetricsFile(Path);
        file.Evaluated(new EvaluationMetrics(3, [new("loss", 1)], IsBest: true));
        var before = File.ReadAllLines(Path);

        Assert.Equal(2, file.CutBack(2).LastStep);

        Assert.Equal(before[..2], File.ReadAllLines(Path));
    }

    [Fact]
    public void CutBack_FileThatEndsAtTheLedger_KeepsItsEvaluationToo()
    {
        Write(Step(1), Step(2));
        using var file = new MetricsFile(Path);
        file.Evaluated(new EvaluationMetrics(2, [new("loss", 1)], IsBest: true));
        var before = File.ReadAllBytes(Path);

        Assert.Equal(2, file.CutBack(2).LastStep);

        Assert.Equal(before, File.ReadAllBytes(Path));
    }

    [Fact]
    public void CutBack_TornAtEveryByteOfTheLastLine_LeavesWholeLinesOnly()
    {
        Write(Step(1), Step(2));
        var whole = File.ReadAllBytes(Path);
        var firstLine = Array.IndexOf(whole, (byte)'\n') + 1;
        for (var length = firstLine; length <= whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            using var file = new MetricsFile(Path);

            // A line that lacks only its newline is whole.
            var last = length >= whole.Length - 1 ? 2 : 1;
            Assert.Equal(last, file.CutBack(10).LastStep);
            for (var step = last + 1; step <= 3; step++) file.Step(Step(step));
            file.Dispose();

            Assert.Equal([1, 2, 3], Steps());
        }
    }

    [Fact]
    public void CutBack_NoFile_IsTheStart()
    {
        using var file = new MetricsFile(Path);

        Assert.Equal(0, file.CutBack(5).LastStep);
        Assert.False(File.Exists(Path));
    }

    private static StepMetrics Step(int step) => new() { Step = step, MaxSteps = 10, Loss = 1.25, Epoch = 0.5 };

    private void Write(params StepMetrics[] steps)
    {
        using var file = new MetricsFile(Path);
        foreach (var step in steps) file.Step(step);
    }

    private int[] Steps() => [.. File.ReadLines(Path).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt32())];
}
