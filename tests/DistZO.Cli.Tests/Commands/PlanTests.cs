using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

public sealed class PlanTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void Plan_OfANamedShape_ExplainsItsTiersAndItsTime()
    {
        var text = Distzo.Run("plan", "opt-175b", "--device", "a100-80gb", "--devices", "2", "--tokens", "2048", "--batch-size", "1", "--weights-dtype", "float16").Done();
        Assert.Contains("opt-175b: 174.604 G weights, 349 GB: embedding and head 1.29 GB, 96 layers of 3.62 GB", text);
        Assert.Contains("18 of 96 layers resident; 78 streamed from host memory, through 5 buffers", text);
        Assert.Contains("pertp 2x1", text);
        Assert.Contains("sliced", text);
    }

    [Fact]
    public void Plan_AsJson_HasEveryNumberOfEveryPlan()
    {
        var plan = Json("opt-13b", "--device", "rtx-4090", "--batch-size", "2", "--fabric", "20", "--devices", "2", "--host-link", "25,12/10", "--device-memory", "12GB", "--host-memory", "8GB", "--disk", "3/2");
        Assert.Equal(("opt-13b", "float32", 40), (plan.GetProperty("model").GetString(), plan.GetProperty("weights_dtype").GetString(), plan.GetProperty("layers").GetInt32()));
        var plans = plan.GetProperty("plans").EnumerateArray().ToList();
        Assert.Equal(["1x1", "2x1", "2x1", "1x2", "1x2"], plans.Select(one => one.GetProperty("grid").GetString()));
        Assert.Equal(["whole", "whole", "sliced", "whole", "sliced"], plans.Select(one => one.GetProperty("path").GetString()));
        Assert.All(plans, one =>
        {
            var layers = one.GetProperty("layers");
            Assert.Equal(40, new[] { "device", "shard", "host", "disk" }.Sum(tier => layers.GetProperty(tier).GetInt32()));
            Assert.InRange(layers.GetProperty("disk").GetInt32(), 1, 40);
            Assert.InRange(one.GetProperty("device_peak_bytes").GetInt64(), 1, 24_000_000_000);
            Assert.True(one.GetProperty("step_seconds").GetDouble() >= one.GetProperty("busy_seconds").GetProperty("disk").GetDouble());
            Assert.Equal(one.GetProperty("devices").GetInt32(), one.GetProperty("upload_bytes").GetArrayLength());
        });
        var upload = plans[2].GetProperty("upload_bytes");
        Assert.Equal(25 / 12.0, upload[0].GetDouble() / upload[1].GetDouble(), 6);
        Assert.Equal(JsonValueKind.Null, plans[0].GetProperty("parallelism").ValueKind);
        Assert.Equal(1, plans[0].GetProperty("speedup").GetDouble());
    }

    [Fact]
    public void Plan_OfADirectoryOrItsConfig_NeedsNoWeights()
    {
        Directory.CreateDirectory(_tiny["shape"]);
        File.Copy(Path.Combine(_tiny.Model, "config.json"), _tiny["shape/config.json"]);
        var (directory, file) = (Json(_tiny["shape"], "--device", "h100"), Json(_tiny["shape/config.json"], "--device", "h100"));
        Assert.Equal(directory.GetProperty("parameters").GetInt64(), file.GetProperty("parameters").GetInt64());
        Assert.Equal("resident", directory.GetProperty("plans")[0].GetProperty("path").GetString());
    }

    [Fact]
    public void Plan_OfLora_WritesLittleBack()
    {
        var lora = Json("opt-1.3b", "--device", "h100", "--train", "lora", "--offload", "host").GetProperty("plans")[0];
        var full = Json("opt-1.3b", "--device", "h100", "--offload", "host", "--write-back-steps", "1").GetProperty("plans")[0];
        Assert.True(lora.GetProperty("write_back_bytes")[0].GetDouble() < 0.01 * full.GetProperty("write_back_bytes")[0].GetDouble());
        Assert.InRange(lora.GetProperty("upload_bytes")[0].GetDouble() / full.GetProperty("upload_bytes")[0].GetDouble(), 1, 1.01);
    }

    [Fact]
    public void Plan_OfRoundedTransfers_MovesLessAndWritesNothingBack()
    {
        var held = Json("opt-1.3b", "--device", "h100", "--offload", "host", "--host-fold-rate", "2");
        var rounded = Json("opt-1.3b", "--device", "h100", "--offload", "host", "--host-fold-rate", "2", "--transfer-dtype", "fp8");
        Assert.InRange(rounded.GetProperty("layer_transfer_bytes").GetInt64() / (double)held.GetProperty("layer_bytes").GetInt64(), 33 / 128.0, 1.01 * 33 / 128.0);
        var plan = rounded.GetProperty("plans")[0];
        Assert.True(plan.GetProperty("host_folds").GetBoolean());
        Assert.Equal(0, plan.GetProperty("write_back_bytes")[0].GetDouble());
    }

    [Fact]
    public void Plan_OfShards_HasNothingElse()
    {
        var plans = Json("opt-13b", "--device", "h100", "--devices", "4", "--offload", "shard", "--batch-size", "4").GetProperty("plans").EnumerateArray().ToList();
        Assert.Equal([2, 3, 4], plans.Select(one => one.GetProperty("devices").GetInt32()).Distinct());
        Assert.All(plans, one =>
        {
            Assert.Equal("sharded", one.GetProperty("path").GetString());
            Assert.Equal(40, one.GetProperty("layers").GetProperty("shard").GetInt32());
        });
        var budget = Json("opt-13b", "--device", "h100", "--devices", "2", "--offload", "shard", "--device-memory", "40GB").GetProperty("plans")[0].GetProperty("layers");
        Assert.InRange(budget.GetProperty("device").GetInt32(), 1, 39);
        Assert.Equal(40, budget.GetProperty("device").GetInt32() + budget.GetProperty("shard").GetInt32());
    }

    [Fact]
    public void Plan_WithFlagsWithoutEffect_SaysSo() => Assert.Contains(
        "warning: write_back_steps has no effect, since offload is none",
        Distzo.Run("plan", "opt-1.3b", "--device", "h100", "--offload", "none", "--write-back-steps", "4").Error);

    [Fact]
    public void Plan_OfThisMachine_UsesWhatItMeasures()
    {
        var plan = Json("tiny", "--measure", "--offload", "disk", "--threads", "1", "--disk-directory", _tiny[""]);
        var device = plan.GetProperty("device");
        foreach (var rate in (string[])["single_flops", "z_rate", "upload_rate", "disk_read_rate", "disk_write_rate"]) Assert.True(device.GetProperty(rate).GetDouble() > 0);
        Assert.Equal(4, plan.GetProperty("plans")[0].GetProperty("layers").GetProperty("disk").GetInt32());
        Assert.Empty(Directory.GetDirectories(_tiny[""], ".distzo-measure-*"));
    }

    [Theory]
    [InlineData("no MODEL is given")]
    [InlineData("did you mean the shape 'opt-175b'?", "opt175b", "--device", "h100")]
    [InlineData("--device: name one of v100-32gb, a100-80gb", "opt-1.3b")]
    [InlineData("--device: there is no device 'a100'", "opt-1.3b", "--device", "a100")]
    [InlineData("--device-memory 3.22 GB is too small for this model: 15.7 GB are needed in all, since embedding and head take 2.57 GB, each of two buffers 2.42 GB", "opt-175b", "--device", "h100", "--device-memory", "3GiB")]
    [InlineData("'device_memory' must be a size such as 4GiB", "opt-1.3b", "--device", "h100", "--device-memory", "many")]
    [InlineData("--host-link: '25/20/3' is no rate", "opt-1.3b", "--device", "h100", "--host-link", "25/20/3")]
    [InlineData("--tokens: 4096 is not between 1 and 2048", "opt-1.3b", "--device", "h100", "--tokens", "4096")]
    [InlineData("--devices: 0 is not between 1 and 1024", "opt-1.3b", "--device", "h100", "--devices", "0")]
    [InlineData("'write_back_steps' must be a whole number from 1 to 32", "opt-1.3b", "--device", "h100", "--write-back-steps", "33")]
    [InlineData("'transfer_dtype' must be one of bfloat16, float8_e4m3fn", "opt-1.3b", "--device", "h100", "--transfer-dtype", "int3")]
    [InlineData("transfer_dtype: the host folds then", "opt-1.3b", "--device", "h100", "--offload", "host", "--transfer-dtype", "float8_e4m3fn")]
    [InlineData("and the disk's speed is not known; give --disk", "opt-1.3b", "--device", "h100", "--offload", "disk")]
    [InlineData("train: a plan takes all layers as alike", "opt-1.3b", "--device", "h100", "--train", "layers=3")]
    [InlineData("name two devices", "opt-1.3b", "--device", "h100", "--measure")]
    [InlineData("--host-link: '25,25,12' has 3 links, and --devices says 2", "opt-1.3b", "--device", "h100", "--devices", "2", "--host-link", "25,25,12")]
    [InlineData("--host-link: '25,25' has 2 links, and --devices says 1", "opt-1.3b", "--device", "h100", "--host-link", "25,25")]
    [InlineData("--disk-directory: there is no directory '/no/such/place'", "--measure", "--disk-directory", "/no/such/place")]
    [InlineData("--disk-directory says what to measure; give --measure too", "opt-1.3b", "--device", "h100", "--disk-directory", "/tmp")]
    [InlineData("offload: shard keeps layers in slices on several slots; give --devices 2 or more, or use --offload host", "opt-1.3b", "--device", "h100", "--offload", "shard")]
    [InlineData("offload: shard gathers layers over a fabric, and there is none; give its rate with --fabric", "opt-1.3b", "--device", "h100", "--devices", "2", "--fabric", "0", "--offload", "shard")]
    [InlineData("76.0 GB that may be taken on NVIDIA H100 80GB SXM are too small for this model: 360 GB are needed in all", "opt-175b", "--device", "h100", "--devices", "2", "--offload", "shard")]
    [InlineData("has no '2x4'", "opt-1.3b", "--device", "h100", "--parallelism", "2x4")]
    public void Plan_OfWhatIsWrong_SaysWhatToDo(string problem, params string[] args) => Assert.Contains(problem, Distzo.Run(["plan", .. args]).Problem(2));

    private static JsonElement Json(params string[] args)
    {
        using var json = JsonDocument.Parse(Distzo.Run(["plan", .. args, "--json"]).Done());
        return json.RootElement.Clone();
    }
}
