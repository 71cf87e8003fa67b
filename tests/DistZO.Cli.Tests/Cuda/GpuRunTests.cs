using System.Text.Json;
using DistZO.Cli.Tests.Cluster;
using DistZO.Cli.Tests.Commands;

namespace DistZO.Cli.Tests.Cuda;

/// <summary>
/// Whole runs on the emulated GPU, as processes: what a GPU computed is replayed by the CPU to the same weights, wherever its layers were, on two
/// slots, with workers, and with a kill.
/// </summary>
[Collection("processes")]
public sealed class GpuRunTests : IDisposable
{
    private readonly TinyCluster _cluster = new(layers: 3);

    public GpuRunTests()
    {
        Skip.If(EmulatorBuild.Folder is null, EmulatorBuild.Missing);
        _cluster.Environment["DISTZO_CUDA_PATH"] = EmulatorBuild.Folder!;
        _cluster.Environment["DISTZO_CACHE"] = Path.Combine(EmulatorBuild.Folder!, "cache");
    }

    private TinyRun Tiny => _cluster.Tiny;

    public void Dispose() => _cluster.Dispose();

    [SkippableFact]
    public void Train_OnAGpu_IsReplayedByTheCpu()
    {
        var said = _cluster.Start(Tiny.Train("gpu", 5, "--weights-dtype", "bfloat16")).Done();
        Assert.DoesNotContain("emulated", said);
        AssertReplayed("gpu");
        // The arithmetic is part of what a run is: the CPU does not go on with it.
        var problem = Distzo.Run(Tiny.Train("gpu", 12, "--weights-dtype", "bfloat16", "--device", "cpu")).Problem(ExitCodes.BadInput);
        Assert.Contains("the arithmetic is cpu-v1 (the run has cuda-v1)", problem);
    }

    /// <summary>What a GPU rounds itself, and what the host folds and rounds for it, is one run.</summary>
    [SkippableTheory]
    [InlineData("bfloat16", "float32")]
    [InlineData("float8_e4m3fn", "bfloat16")]
    public void Train_ThatRounds_IsTheSameRunWhereverTheLayersAre(string transfer, string type)
    {
        string[] more = ["--device", "cuda", "--weights-dtype", type, "--transfer-dtype", transfer];
        _cluster.Start(Tiny.Train("gpu", 6, more)).Done();
        AssertReplayed("gpu");
        string[][] places =
        [
            ["--offload", "host"], ["--offload", "disk"], ["--offload", "host", "--fold-on", "device"], ["--offload", "host", "--slots", "2"],
            ["--offload", "disk", "--slots", "2"],
        ];
        foreach (var place in places)
        {
            _cluster.Start(Tiny.Train("other", 6, [.. more, .. place])).Done();
            Assert.Equal(Tiny.Weights("gpu"), Tiny.Weights("other"));
            Directory.Delete(Tiny["other"], recursive: true);
        }
    }

    [SkippableFact]
    public void Train_WhereTheHostFolds_WritesNothingBackOverTheLink()
    {
        var trace = Tiny["trace.json"];
        _cluster.Start(Tiny.Train("gpu", 5, "--device", "cuda", "--offload", "host", "--fold-on", "host", "--trace", trace)).Done();
        AssertReplayed("gpu");
        var spans = File.ReadAllText(trace);
        Assert.Contains("host fold", spans);
        Assert.Contains("upload", spans);
        Assert.DoesNotContain("write-back", spans);
    }

    [SkippableTheory]
    [InlineData("pertp")]
    [InlineData("dp")]
    [InlineData("2d")]
    [InlineData("2d", "--transfer-dtype", "float8_e4m3fn")]
    [InlineData("2d", "--gather", "nccl")]
    public void Train_OnTwoNodesOfTwoSlots_WithAKill_IsReplayedByTheCpu(string parallelism, params string[] options)
    {
        // NCCL wants a GPU for each slot; otherwise two share one.
        if (options is ["--gather", ..]) _cluster.Environment["DISTZO_EMULATOR_DEVICES"] = "2";
        string[] more =
        [
            "--device", "cuda", "--workers", "2", "--slots", "2", "--offload", "host", "--write-back-steps", "2", "--parallelism", parallelism, "--num-directions", "2",
            "--digest-steps", "4", "--eval-steps", "100", "--weights-dtype", "float16", .. options,
        ];
        var parent = _cluster.Start(Tiny.Train("gpu", 12, more));
        parent.WaitFor("step 3/");
        DistzoProcess.Kill(parent.Children()[^1]);
        parent.WaitFor("starting it again");
        parent.Done();
        AssertReplayed("gpu");
    }

    /// <summary>How slices are gathered is told before the first step, and changes no bit.</summary>
    [SkippableFact]
    public void Train_OnTwoGpus_SaysHowSlicesAreGathered()
    {
        _cluster.Environment["DISTZO_EMULATOR_DEVICES"] = "2";
        string[] more = ["--device", "cuda", "--slots", "2", "--offload", "host", "--gather"];
        Assert.Contains("slices are gathered by NCCL 2.21.5", _cluster.Start(Tiny.Train("nccl", 5, [.. more, "nccl"])).Done());
        Assert.DoesNotContain("NCCL", _cluster.Start(Tiny.Train("copied", 5, [.. more, "copy"])).Done());
        Assert.Equal(Tiny.Weights("copied"), Tiny.Weights("nccl"));
        Assert.Matches("slices are gathered by .* GB/s into each GPU \\(by .* GB/s\\)", _cluster.Start(Tiny.Train("chosen", 5, [.. more, "auto"])).Done());
        var one = _cluster.Start(Tiny.Train("one", 5, "--device", "cuda:1", "--gather", "nccl")).Done();
        Assert.Contains("warning: gather has no effect, since no slices of layers go between slots", one);
    }

    [SkippableFact]
    public void Doctor_TellsOfTheGpuAndItsLibraries()
    {
        _cluster.Environment["DISTZO_EMULATOR_DEVICES"] = "2";
        var said = _cluster.Start("doctor", "--measure").Done();
        Assert.Contains("cuda:0    Emulated GPU, compute capability 9.0", said);
        Assert.Contains("library   NVRTC", said);
        Assert.Contains("library   cuBLASLt", said);
        Assert.Contains("library   NCCL 2.21.5", said);
        Assert.Contains("GB/s from pinned host memory", said);
        Assert.Contains("cuda:0 to cuda:1: direct, NVLink, rank 1 of the driver's order", said);
        Assert.Matches("gather    [0-9.,]+ GB/s into each GPU by copies, [0-9.,]+ GB/s by NCCL: runs gather slices by (NCCL|copies)", said);
        Assert.Contains("distzo computes on the GPU", said);
    }

    [SkippableFact]
    public void Train_OnAGpuThatIsNotThere_SaysHowManyThereAre() =>
        Assert.Equal(ExitCodes.BadInput, _cluster.Start(Tiny.Train("gpu", 9, "--device", "cuda:5")).WaitForExit());

    /// <summary>A GPU with too little memory is told of before anything runs, with what would do.</summary>
    [SkippableFact]
    public void Train_OnAGpuThatIsTooSmall_SaysWhatIsNeeded()
    {
        var process = _cluster.Start(Tiny.Train("gpu", 9, "--device", "cuda", "--device-memory", "20MB"));
        process.WaitFor("--device-memory 20.0 MB is too small for this model: ");
        Assert.Equal(ExitCodes.BadInput, process.WaitForExit());
    }

    /// <summary>Every row of the benchmark at its smallest, with a peer beside it: that it is there, never what it comes to.</summary>
    [SkippableFact]
    public void BenchGpu_SmallShape_HasEveryRowAndItsBars()
    {
        var peer = Tiny["peer.py"];
        File.WriteAllText(peer, "import sys\nassert sys.argv[sys.argv.index('--shape') + 1] == 'tiny'\nprint('{\"tokens_per_second\": 5.0}')\n");
        var said = _cluster.Start("bench", "gpu", "--shape", "tiny", "--batch", "2", "--tokens", "9", "--steps", "1", "--threads", "1", "--peer", peer, "--json").Done();
        var rows = said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(["gpu", "gpu bits", "gpu step", "gpu host", "gpu slices"], rows.Select(row => row.GetProperty("benchmark").GetString()));
        AssertBars(rows[0], "perturb_ratio", "fold_ratio");
        Assert.Equal("yes", rows[1].GetProperty("equal").GetString());
        AssertBars(rows[2], "peak_bytes_error", "step_seconds_error", "ratio", "peer_ratio");
        AssertBars(rows[3], "peak_bytes_error", "step_seconds_error", "ratio");
        Assert.Equal("yes", rows[3].GetProperty("peak_bytes_error_pass").GetString());
        Assert.True(rows[4].GetProperty("speedup_8").GetDouble() > 0);
    }

    private static void AssertBars(JsonElement row, params string[] keys)
    {
        foreach (var key in keys)
        {
            Assert.Equal(JsonValueKind.Number, row.GetProperty(key).ValueKind);
            Assert.Equal(JsonValueKind.Number, row.GetProperty($"{key}_bar").ValueKind);
            Assert.Contains(row.GetProperty($"{key}_pass").GetString(), (string[])["yes", "no"]);
        }
    }

    private void AssertReplayed(string output)
    {
        Distzo.Run("replay", Tiny.LedgerPath(output), "--model", Tiny.Model, "--output", Tiny["replayed"], "--device", "cpu").Done();
        Assert.Equal(Tiny.Weights("replayed"), Tiny.Weights(output));
    }
}
