using System.Text.RegularExpressions;

namespace DistZO.Cli.Tests.Commands;

/// <summary>Whatever happens to a run, its ledger and weights end as those of an undisturbed one, to the last bit.</summary>
public sealed class ResumeTests : IDisposable
{
    // More steps behind the base, but not behind a snapshot, than a pass folds by itself.
    private const int Steps = 46;
    private const int StoppedAt = 41;
    private const int Endless = 1_000_000;

    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Train_KilledAgainAndAgain_EndsAsIfNothingHadHappened() => KillAndFinish(kills: 5, farthest: 15);

    [Fact]
    [Trait("Category", "Chaos")]
    public void Train_KilledForALongTime_EndsAsIfNothingHadHappened() => KillAndFinish(kills: 60, farthest: 40);

    [Fact]
    public void Train_WithALostSnapshot_ReplaysFromTheBase()
    {
        StopEarly();
        Directory.Delete(Path.Combine(_tiny["stopped"], ".distzo", "snapshots"), recursive: true);
        AssertEndsLikeCalm("stopped", "--save-steps", "20");
    }

    [Fact]
    public void Train_WithADamagedSnapshot_SkipsItAndSaysSo()
    {
        StopEarly();
        var newest = Directory.GetFiles(Path.Combine(_tiny["stopped"], ".distzo", "snapshots")).Order().Last();
        var bytes = File.ReadAllBytes(newest);
        bytes[^5] ^= 1;
        File.WriteAllBytes(newest, bytes);
        Assert.Contains($"snapshot '{newest}' is skipped", AssertEndsLikeCalm("stopped", "--save-steps", "20").Error);
    }

    [Fact]
    public void Train_OnATornLedger_CutsTheTailAndGoesOn()
    {
        StopEarly();
        var ledger = File.ReadAllBytes(_tiny.LedgerPath("stopped"));
        File.WriteAllBytes(_tiny.LedgerPath("stopped"), ledger[..^3]);
        Assert.Contains("that a crash tore off", AssertEndsLikeCalm("stopped").Error);
    }

    [Fact]
    public void Train_WithoutItsMetricsAndEvaluations_MakesThemAgain()
    {
        StopEarly();
        File.Delete(Path.Combine(_tiny["stopped"], "metrics.jsonl"));
        _tiny.Trained("calm", Steps);
        Distzo.Run(_tiny.Train("stopped", Steps)).Done();
        // The evaluation of the step that the run was stopped at is one that an undisturbed run did not make.
        var metrics = _tiny.Metrics("stopped").Where(line => !line.Contains($"\"step\":{StoppedAt} \"eval", StringComparison.Ordinal));
        Assert.Equal(_tiny.Metrics("calm"), metrics);
    }

    [Theory]
    [InlineData("bfloat16")]
    [InlineData("float16")]
    public void Train_InHalfPrecision_ResumesExactly(string type)
    {
        _tiny.Trained("calm", Steps, "--weights-dtype", type);
        Distzo.Run(_tiny.Train("stopped", 5, "--weights-dtype", type)).Done();
        Distzo.Run(_tiny.Train("stopped", Steps, "--weights-dtype", type)).Done();
        AssertSame("calm", "stopped", metrics: false);
    }

    [Fact]
    public void Train_OnMoreThreads_WritesTheSameLedger()
    {
        _tiny.Trained("one", 6);
        _tiny.Trained("two", 6, "--threads", "2");
        AssertSame("one", "two");
    }

    /// <summary>
    /// Kills a run without an end again and again, a random number of steps further on each time; then lets it end a few steps later. The
    /// line that is waited for is one moment, and the process somewhere behind it when the signal arrives: on a busy machine far behind.
    /// </summary>
    private void KillAndFinish(int kills, int farthest)
    {
        string[] more = ["--save-steps", "7", "--eval-steps", "10"];
        var endless = _tiny.Train("killed", Endless, more);
        // The first kill comes before the first step.
        Assert.True(Distzo.KillAt("training", endless));
        var random = new Random(1);
        for (var killed = 1; killed < kills; killed++)
            Assert.True(Distzo.KillAt($"step {Optimization.Ledger.Read(_tiny.LedgerPath("killed")).Steps + random.Next(1, farthest)}/", endless));

        var steps = (int)Optimization.Ledger.Read(_tiny.LedgerPath("killed")).Steps + 5;
        Distzo.Run(_tiny.Train("killed", steps, more)).Done();
        _tiny.Trained("calm", steps, more);
        AssertSame("calm", "killed", metrics: false);
        Assert.Equal(WithoutEnd("calm"), WithoutEnd("killed"));

        // Each line also says how many steps the run was to have then.
        IEnumerable<string> WithoutEnd(string output) => _tiny.Metrics(output).Select(line => Regex.Replace(line, "\"max_steps\":\\d+", ""));
    }

    /// <summary>A constant schedule does not depend on max_steps, so a run may be given fewer first.</summary>
    private void StopEarly() => Distzo.Run(_tiny.Train("stopped", StoppedAt, "--save-steps", "20")).Done();

    private Outcome AssertEndsLikeCalm(string output, params string[] more)
    {
        if (!Directory.Exists(_tiny["calm"])) _tiny.Trained("calm", Steps, more);
        var outcome = Distzo.Run(_tiny.Train(output, Steps, more));
        outcome.Done();
        AssertSame("calm", output, metrics: false);
        return outcome;
    }

    private void AssertSame(string expected, string actual, bool metrics = true)
    {
        Assert.Equal(_tiny.Ledger(expected), _tiny.Ledger(actual));
        Assert.Equal(_tiny.Weights(expected), _tiny.Weights(actual));
        if (metrics) Assert.Equal(_tiny.Metrics(expected), _tiny.Metrics(actual));
    }
}
