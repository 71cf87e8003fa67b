using System.Text.Json;
using System.Text.RegularExpressions;

namespace DistZO.Cli.Tests.Commands;

/// <summary>Where the weights are changes no bit: of the ledger, of the metrics, of the exported model.</summary>
public sealed class OffloadTests : IDisposable
{
    private const int Steps = 11;
    private readonly TinyRun _tiny = new(layers: 6);

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("host", "--write-back-steps", "1")]
    [InlineData("host", "--write-back-steps", "4")]
    [InlineData("disk", "--write-back-steps", "1")]
    [InlineData("disk", "--write-back-steps", "3")]
    [InlineData("disk")]
    [InlineData("disk", "--weights-dtype", "bfloat16", "--save-steps", "3")]
    [InlineData("disk", "--train", "lora")]
    [InlineData("disk", "--train", "layers=1,4")]
    [InlineData("auto", "--device-memory", "150kB")]
    [InlineData("auto", "--device-memory", "150kB", "--host-memory", "1kB")]
    public void Train_WithOffloadedLayers_IsTheSameRun(string tier, params string[] more)
    {
        string[] same = [.. more.Chunk(2).Where(pair => pair[0] is "--weights-dtype" or "--train").SelectMany(pair => pair)];
        _tiny.Trained("resident", Steps, same);
        var outcome = Distzo.Run(_tiny.Train("offloaded", Steps, ["--offload", tier, .. more]));
        outcome.Done();
        Assert.Contains("of 6 layers come from", outcome.Error);
        AssertSame();
    }

    // More steps than a worker may lack, and the blocks lack two of them: the coordinator must learn that.
    [Theory]
    [InlineData]
    [InlineData("--train", "lora")]
    public void Train_StoppedOnDisk_GoesOnFromTheBlocksThatAreThere(params string[] part)
    {
        _tiny.Trained("resident", 45, part);
        string[] disk = ["--offload", "disk", "--write-back-steps", "2", .. part];
        _tiny.Trained("offloaded", 41, disk);
        Assert.False(Directory.Exists(Path.Combine(_tiny["offloaded"], ".distzo", "snapshots")));
        var outcome = Distzo.Run(_tiny.Train("offloaded", 45, disk));
        outcome.Done();
        Assert.DoesNotContain("replaying", outcome.Error);
        AssertSame();
    }

    [Fact]
    public void Train_KilledOnDisk_EndsAsIfNothingHadHappened()
    {
        string[] disk = ["--offload", "disk", "--write-back-steps", "3"];
        _tiny.Trained("resident", 60);
        for (var kill = 1; kill <= 4; kill++) Distzo.KillAt($"step {kill * 11}/", _tiny.Train("offloaded", 60, disk));
        Distzo.Run(_tiny.Train("offloaded", 60, disk)).Done();
        AssertSame();
    }

    [Fact]
    public void Train_WithADamagedBlockFile_NamesItAndRebuildsIt()
    {
        string[] disk = ["--offload", "disk", "--write-back-steps", "3"];
        _tiny.Trained("resident", Steps);
        _tiny.Trained("offloaded", 7, disk);
        var file = Directory.GetFiles(Path.Combine(_tiny["offloaded"], ".distzo", "blocks"), "*.distzo-block").Order().ElementAt(2);
        var bytes = File.ReadAllBytes(file);
        for (var at = 4096 + 99; at < bytes.Length; at += 4096) bytes[at] ^= 1;
        File.WriteAllBytes(file, bytes);
        var outcome = Distzo.Run(_tiny.Train("offloaded", Steps, disk));
        outcome.Done();
        Assert.Contains(file, outcome.Error);
        AssertSame();
    }

    [Fact]
    public void Train_OnTheBlocksOfAnotherRun_StartsFromTheBase()
    {
        string[] disk = ["--offload", "disk", "--offload-dir", _tiny["blocks"], "--write-back-steps", "1"];
        _tiny.Trained("other", Steps, [.. disk, "--seed", "9"]);
        _tiny.Trained("resident", Steps);
        _tiny.Trained("offloaded", Steps, disk);
        AssertSame();
    }

    [Fact]
    public void Replay_AndVerify_WithBlocksOnDisk_GiveTheSameBits()
    {
        _tiny.Trained("resident", Steps);
        Distzo.Run("replay", _tiny.LedgerPath("resident"), "--model", _tiny.Model, "--output", _tiny["replayed"], "--offload", "disk").Done();
        Assert.Equal(_tiny.Weights("resident"), _tiny.Weights("replayed"));
        Distzo.Run(
            "verify", _tiny.LedgerPath("resident"), "--model", _tiny.Model, "--data", _tiny.Data, "--samples", "4", "--offload", "disk", "--offload-dir", _tiny["b"]).Done();
    }

    [Theory]
    [InlineData("host")]
    [InlineData("disk")]
    public void Evaluate_AndGenerate_WithOffloadedLayers_SayTheSame(string tier)
    {
        string[] evaluate = ["evaluate", "--model", _tiny.Model, "--data", _tiny.Held, "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}"];
        Assert.Equal(Distzo.Run(evaluate).Done(), Distzo.Run([.. evaluate, "--offload", tier]).Done());
        string[] generate = ["generate", "--model", _tiny.Model, "--prompt", "It was", "--max-new-tokens", "9"];
        Assert.Equal(Distzo.Run(generate).Done(), Distzo.Run([.. generate, "--offload", tier]).Done());
    }

    [Theory]
    [InlineData("host", "--write-back-steps", "2", "--fold-on", "device")]
    [InlineData("host", "--fold-on", "host")]
    [InlineData("host", "--fold-on", "host", "--slots", "2", "--parallelism", "dp")]
    [InlineData("host", "--fold-on", "host", "--train", "lora")]
    [InlineData("disk", "--fold-on", "host", "--write-back-steps", "3")]
    [InlineData("disk", "--fold-on", "host", "--slots", "3")]
    public void Train_WhereverItsLayersAreFolded_IsTheSameRun(string tier, params string[] more)
    {
        _tiny.Trained("resident", Steps, [.. more.Chunk(2).Where(pair => pair[0] == "--train").SelectMany(pair => pair)]);
        _tiny.Trained("offloaded", Steps, ["--offload", tier, .. more]);
        Assert.Equal(_tiny.Ledger("resident"), _tiny.Ledger("offloaded"));
        Assert.Equal(_tiny.Metrics("resident"), _tiny.Metrics("offloaded"));
        if (!more.Contains("lora")) AssertSame();
    }

    [Fact]
    public void Train_WhereTheHostFoldsWhatComesFromDisk_WritesNothingBackOverTheLink()
    {
        _tiny.Trained("resident", 3);
        Distzo.Run(_tiny.Train("offloaded", 3, "--offload", "disk", "--fold-on", "host", "--write-back-steps", "1", "--trace", _tiny["trace.json"])).Done();
        AssertSame();
        using var report = JsonDocument.Parse(Distzo.Run("trace", _tiny["trace.json"], "--json").Done());
        var tracks = report.RootElement.GetProperty("tracks").EnumerateArray().Select(track => track.GetProperty("track").GetString()!);
        // Whether a thread waits long enough for a line is chance.
        Assert.Equal(["compute", "host fold", "host read", "host write", "upload"], tracks.Where(name => name is not ("keep" or "host")).Order());
    }

    [Fact]
    public void Train_WithATrace_SaysWhatStreamsAndKernelsDid()
    {
        _tiny.Trained("resident", 3);
        Distzo.Run(_tiny.Train("offloaded", 3, "--offload", "disk", "--write-back-steps", "1", "--trace", _tiny["trace.json"])).Done();
        AssertSame();
        using var report = JsonDocument.Parse(Distzo.Run("trace", _tiny["trace.json"], "--json").Done());
        var tracks = report.RootElement.GetProperty("tracks").EnumerateArray().ToDictionary(track => track.GetProperty("track").GetString()!);
        Assert.Equal(["compute", "upload", "write-back"], tracks.Keys.Where(name => name is not ("keep" or "host")).Order());
        Assert.True(File.Exists(_tiny["trace.svg"]));
    }

    [Fact]
    public void Train_WithATraceOfSeveralWorkers_IsRefusedBeforeAFileIsMade()
    {
        Assert.Contains("--trace: with --workers", Distzo.Run(_tiny.Train("out", 3, "--workers", "2", "--trace", _tiny["trace.json"])).Problem(2));
        Assert.False(File.Exists(_tiny["trace.json"]));
    }

    [Theory]
    [InlineData("30.0 KB is too small", "--device-memory", "30kB")]
    [InlineData("--host-memory", "--offload", "host", "--host-memory", "10kB")]
    [InlineData("--device-memory", "--offload", "none", "--device-memory", "100kB")]
    [InlineData("and a slot's slices of the layers", "--offload", "shard", "--slots", "2", "--device-memory", "100kB")]
    [InlineData("device_memory", "--device-memory", "4 apples")]
    [InlineData("write_back_steps", "--write-back-steps", "33")]
    [InlineData("'fold_on' must be one of device, host", "--fold-on", "disk")]
    [InlineData("but together at least the", "--device-memory", "30kB", "--transfer-dtype", "fp8")]
    [InlineData("of them once more as they go to the device", "--offload", "host", "--host-memory", "10kB", "--fold-on", "host")]
    [InlineData("offload", "--offload", "tape")]
    [InlineData("train.jsonl' is a file, and blocks go to a directory", "--offload", "disk", "--offload-dir", "train.jsonl")]
    [InlineData("offload: shard keeps layers in slices on several slots; give --slots 2 or more", "--offload", "shard")]
    public void Train_ThatCannotBePlaced_SaysWhatIsNeeded(string named, params string[] more) =>
        Assert.Contains(named, Distzo.Run(_tiny.Train("out", Steps, [.. more.Select(word => word == "train.jsonl" ? _tiny.Data : word)])).Problem(2));

    [Theory]
    [InlineData("--device-memory")]
    [InlineData("--device-memory", "--offload", "shard", "--slots", "2")]
    [InlineData("--host-memory", "--offload", "host")]
    [InlineData("--host-memory", "--offload", "host", "--transfer-dtype", "fp8")]
    [InlineData("--device-memory", "--offload", "disk", "--transfer-dtype", "bfloat16")]
    public void Train_WithTheBudgetThatARefusalNames_Fits(string budget, params string[] more)
    {
        var problem = Distzo.Run(_tiny.Train("out", 2, [budget, "10kB", .. more])).Problem(2);
        var needed = Regex.Match(problem, @"(?:which take|this model:) ([\d.]+) ([KM]B)");
        Distzo.Run(_tiny.Train("out", 2, [budget, needed.Groups[1].Value + needed.Groups[2].Value, .. more])).Done();
    }

    [Theory]
    [InlineData("write_back_steps has no effect, since all layers stay on the device", "--write-back-steps", "4")]
    [InlineData("write_back_steps and host_memory have no effect, since offload is none", "--offload", "none", "--write-back-steps", "4", "--host-memory", "1GB")]
    [InlineData("offload_dir has no effect, since offload is host", "--offload", "host", "--offload-dir", "blocks")]
    [InlineData("fold_on has no effect, since all layers stay on the device", "--fold-on", "host")]
    [InlineData("write_back_steps has no effect, since the host folds into its own memory", "--offload", "host", "--fold-on", "host", "--write-back-steps", "2")]
    public void Train_WithFlagsWithoutEffect_SaysSo(string said, params string[] more) =>
        Assert.Contains($"warning: {said}", Distzo.Run(_tiny.Train("out", 2, more)).Error);

    [Theory]
    [InlineData("--offload", "disk")]
    [InlineData("--device-memory", "150kB")]
    public void Train_WithFlagsThatDoSomething_WarnsOfNone(params string[] more)
    {
        var outcome = Distzo.Run(_tiny.Train("out", 2, [.. more, "--write-back-steps", "2", "--offload-dir", _tiny["b"]]));
        outcome.Done();
        Assert.DoesNotContain("no effect", outcome.Error);
    }

    [Theory]
    [InlineData("generate", "--prompt", "It was")]
    [InlineData("evaluate", "--data", "train.jsonl")]
    public void OneSlotCommand_WithShards_IsRefused(string command, params string[] more) => Assert.Contains(
        "--offload: shard keeps layers in slices on several slots, and this command has one",
        Distzo.Run([command, "--model", _tiny.Model, "--offload", "shard", .. more]).Problem(2));

    [Fact]
    public void Train_OnALedgerThatLostItsLastStep_GoesOnFromTheBlocksBeforeIt()
    {
        string[] disk = ["--offload", "disk", "--write-back-steps", "1"];
        _tiny.Trained("resident", 45);
        _tiny.Trained("offloaded", 45, disk);
        using (var ledger = File.OpenWrite(_tiny.LedgerPath("offloaded"))) ledger.SetLength(ledger.Length - 1);
        var outcome = Distzo.Run(_tiny.Train("offloaded", 45, disk));
        outcome.Done();
        Assert.Contains("further than this ledger; it goes on from what they held before", outcome.Error);
        AssertSame();
    }

    private void AssertSame()
    {
        Assert.Equal(_tiny.Ledger("resident"), _tiny.Ledger("offloaded"));
        Assert.Equal(_tiny.Weights("resident"), _tiny.Weights("offloaded"));
    }
}
