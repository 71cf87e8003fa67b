using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

/// <summary>A run whose probes see rounded weights: another run than without, and the same wherever its weights are.</summary>
public sealed class TransferTests : IDisposable
{
    private const int Steps = 11;
    private readonly TinyRun _tiny = new(layers: 6);

    public void Dispose() => _tiny.Dispose();

    public static TheoryData<string, string[]> Placements() => new()
    {
        { "bfloat16", ["--offload", "host"] },
        { "bfloat16", ["--offload", "host", "--device-memory", "150kB"] },
        { "bfloat16", ["--offload", "disk", "--write-back-steps", "3"] },
        { "bfloat16", ["--slots", "2", "--offload", "host", "--parallelism", "dp"] },
        { "fp8", ["--offload", "host", "--write-back-steps", "4"] },
        { "fp8", ["--offload", "disk", "--write-back-steps", "1"] },
        { "fp8", ["--offload", "disk", "--weights-dtype", "bfloat16"] },
        { "fp8", ["--offload", "host", "--weights-dtype", "float16"] },
        { "fp8", ["--offload", "host", "--train", "lora"] },
        { "fp8", ["--offload", "host", "--train", "prefix"] },
        { "fp8", ["--offload", "host", "--train", "bitfit"] },
        { "fp8", ["--slots", "3", "--offload", "host", "--parallelism", "pertp"] },
        { "fp8", ["--slots", "4", "--offload", "host", "--parallelism", "2d", "--device-memory", "150kB"] },
        { "fp8", ["--slots", "2", "--offload", "shard"] },
        { "fp8", ["--slots", "2", "--offload", "disk", "--write-back-steps", "2"] },
        { "fp8", ["--slots", "3", "--offload", "none"] },
        { "fp8", ["--offload", "host", "--fold-on", "device", "--write-back-steps", "2"] },
        { "bfloat16", ["--offload", "disk", "--fold-on", "device"] },
        { "fp8", ["--offload", "disk", "--train", "lora", "--slots", "2"] },
        { "fp8", ["--offload", "disk", "--device-memory", "150kB", "--write-back-steps", "4"] },
    };

    [Theory]
    [MemberData(nameof(Placements))]
    public void Train_WhereverItsWeightsAre_IsTheSameRun(string transfer, string[] more)
    {
        string[] same = ["--transfer-dtype", transfer, "--num-directions", "2", .. more.Chunk(2).Where(pair => pair[0] is "--weights-dtype" or "--train").SelectMany(pair => pair)];
        _tiny.Trained("resident", Steps, same);
        _tiny.Trained("moved", Steps, ["--transfer-dtype", transfer, "--num-directions", "2", .. more]);
        AssertSame();
        Assert.Equal(_tiny.Metrics("resident"), _tiny.Metrics("moved"));
    }

    [Fact]
    public void Train_WithAndWithout_AreDifferentRuns()
    {
        _tiny.Trained("plain", Steps);
        var identity = Identity("plain");
        Assert.DoesNotContain("transfer_dtype", identity);
        foreach (var (transfer, name) in new[] { ("bfloat16", "bfloat16"), ("fp8", "float8_e4m3fn") })
        {
            _tiny.Trained(transfer, Steps, "--transfer-dtype", transfer);
            Assert.Contains($"\"transfer_dtype\":\"{name}\"", Identity(transfer));
            Assert.NotEqual(_tiny.Weights("plain"), _tiny.Weights(transfer));
        }

        // Going on with another one is another run; leaving it out, too.
        Assert.Contains("transfer_dtype is not set (the run has \"bfloat16\")", Distzo.Run(_tiny.Train("bfloat16", Steps + 1)).Problem(ExitCodes.BadInput));
    }

    [Theory]
    [InlineData("--offload", "disk", "--write-back-steps", "3")]
    [InlineData("--offload", "disk", "--slots", "2", "--write-back-steps", "1")]
    [InlineData("--offload", "host", "--slots", "2")]
    public void Train_Killed_EndsAsIfNothingHadHappened(params string[] placement)
    {
        _tiny.Trained("resident", 60, "--transfer-dtype", "fp8");
        string[] more = ["--transfer-dtype", "fp8", "--save-steps", "7", .. placement];
        for (var kill = 1; kill <= 4; kill++) Distzo.KillAt($"step {kill * 11}/", _tiny.Train("moved", 60, more));
        Distzo.Run(_tiny.Train("moved", 60, more)).Done();
        AssertSame();
    }

    [Fact]
    public void Replay_Verify_AndExport_GiveTheSameBits()
    {
        _tiny.Trained("resident", Steps, "--transfer-dtype", "fp8");
        string[] inputs = [_tiny.LedgerPath("resident"), "--model", _tiny.Model];
        Distzo.Run(["replay", .. inputs, "--output", _tiny["replayed"], "--offload", "disk"]).Done();
        Assert.Equal(_tiny.Weights("resident"), _tiny.Weights("replayed"));
        Distzo.Run(["export", .. inputs, "--output", _tiny["exported"]]).Done();
        Assert.Equal(_tiny.Weights("resident"), _tiny.Weights("exported"));
        foreach (var tier in new[] { "none", "host" })
            Distzo.Run(["verify", .. inputs, "--data", _tiny.Data, "--samples", "4", "--offload", tier]).Done();
    }

    /// <summary>An evaluation within a run is of the model that the run exports, which is not rounded.</summary>
    [Fact]
    public void Evaluate_OfTheExportedModel_MeasuresWhatTheRunMeasured()
    {
        _tiny.Trained("resident", Steps, "--transfer-dtype", "fp8", "--offload", "host");
        var line = Distzo.Run(
            "evaluate", "--model", _tiny["resident"], "--data", _tiny.Held, "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}", "--json").Done();
        var last = JsonDocument.Parse(File.ReadLines(Path.Combine(_tiny["resident"], "metrics.jsonl")).Last()).RootElement;
        Assert.Equal(last.GetProperty("eval_loss").GetDouble(), JsonDocument.Parse(line).RootElement.GetProperty("loss").GetDouble());
    }

    [Fact]
    public void Train_UnderAnObjectiveThatWritesText_IsTheSameRunWhereverItsWeightsAre()
    {
        string[] more = ["--transfer-dtype", "fp8", "--objective", "f1", "--max-new-tokens", "5", "--zo-eps", "0.03"];
        _tiny.Trained("resident", 5, more);
        _tiny.Trained("moved", 5, [.. more, "--offload", "host", "--slots", "2"]);
        AssertSame();
    }

    [Theory]
    [InlineData("'transfer_dtype' must be one of bfloat16, float8_e4m3fn", "--transfer-dtype", "int4")]
    [InlineData("transfer_dtype: bfloat16 takes no fewer bytes", "--transfer-dtype", "bfloat16", "--weights-dtype", "float16")]
    public void Train_WithATransferThatCannotBe_SaysWhatIsWrong(string problem, params string[] more) =>
        Assert.Contains(problem, Distzo.Run(_tiny.Train("out", Steps, more)).Problem(ExitCodes.BadInput));

    private string Identity(string output) => Optimization.Ledger.Read(_tiny.LedgerPath(output)).Header.Identity.Canonical;

    private void AssertSame()
    {
        Assert.Equal(_tiny.Ledger("resident"), _tiny.Ledger("moved"));
        Assert.Equal(Written("resident"), Written("moved"));
    }

    /// <summary>The models, and adapters, of an output folder.</summary>
    private List<(string, string)> Written(string output) =>
    [
        .. Directory.GetFiles(_tiny[output], "*.safetensors", SearchOption.AllDirectories).Order()
            .Where(file => !file.Contains("snapshots", StringComparison.Ordinal))
            .Select(file => (Path.GetRelativePath(_tiny[output], file), Convert.ToHexString(File.ReadAllBytes(file)))),
    ];
}
