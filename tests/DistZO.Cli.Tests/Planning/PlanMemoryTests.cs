using System.Globalization;
using System.Text.Json;
using DistZO.Cli.Planning;
using DistZO.Cli.Tests.Commands;
using DistZO.Devices;
using DistZO.Devices.Cuda;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Tests.Planning;

/// <summary>What <c>distzo plan</c> says that a GPU needs is what a run of the same model and rows takes there, to the byte.</summary>
public sealed class PlanMemoryTests : IDisposable
{
    private const int Tokens = 60;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("opt", 1, "--batch-size 4")]
    [InlineData("opt", 1, "--batch-size 300 --weights-dtype float16")]
    [InlineData("opt", 1, "--batch-size 3 --weights-dtype float16 --num-directions 3 --offload host")]
    [InlineData("opt", 1, "--batch-size 4 --train lora --weights-dtype bfloat16 --offload host")]
    [InlineData("opt", 1, "--batch-size 4 --train prefix")]
    [InlineData("opt", 1, "--batch-size 4 --train prompt --num-virtual-tokens 7")]
    [InlineData("opt", 1, "--batch-size 4 --offload host --transfer-dtype bfloat16")]
    [InlineData("opt", 1, "--batch-size 4 --offload host --transfer-dtype fp8 --fold-on device")]
    [InlineData("opt", 1, "--batch-size 4 --offload host --fold-on host")]
    [InlineData("opt", 1, "--batch-size 4 --offload disk --transfer-dtype fp8")]
    [InlineData("opt", 2, "--batch-size 4 --offload disk --transfer-dtype bfloat16 --fold-on device --parallelism dp")]
    [InlineData("gpt2", 1, "--batch-size 2 --weights-dtype bfloat16 --offload none")]
    [InlineData("gpt2", 1, "--batch-size 2 --offload host --transfer-dtype fp8")]
    [InlineData("mistral", 1, "--batch-size 2 --weights-dtype float16 --num-directions 2 --offload disk")]
    [InlineData("qwen3", 1, "--batch-size 2 --weights-dtype float16 --offload host")]
    [InlineData("roberta", 1, "--batch-size 5 --weights-dtype float16 --offload host")]
    [InlineData("roberta", 1, "--batch-size 5 --weights-dtype float32")]
    [InlineData("opt", 2, "--batch-size 5 --offload host --parallelism pertp")]
    [InlineData("opt", 3, "--batch-size 5 --offload host --parallelism dp")]
    [InlineData("opt", 4, "--batch-size 5 --offload shard --parallelism 2d")]
    [InlineData("mistral", 2, "--batch-size 2 --offload host --transfer-dtype fp8 --parallelism dp")]
    public void Plan_OfAGpu_TakesTheBytesOfARun(string family, int slots, string flags)
    {
        TinyModel.Write(_folder["model"], 1, family, layers: 6);
        var args = flags.Split(' ');
        var recipe = Recipe.Default.WithFlags(args.Chunk(2).Select(pair => (pair[0][2..].Replace('-', '_'), pair[1]))).With(RecipeKeys.Slots, slots);
        Compare(recipe, args);
        // Room for some layers more.
        var layer = Run(recipe.With(RecipeKeys.Offload, OffloadTier.None)).DeviceBytes / 7;
        var (least, tier) = (Run(recipe), recipe.Get(RecipeKeys.Offload));
        var budget = least.DeviceBytes + least.WorkingBytes + (tier is null or OffloadTier.None ? -layer : 2 * layer);
        if (tier != OffloadTier.None) Compare(recipe.With(RecipeKeys.DeviceMemory, budget), [.. args, "--device-memory", budget.ToString(CultureInfo.InvariantCulture)]);
    }

    /// <summary>A pass holds no more than 16,384 tokens × probes: of one probe, 16 sequences of 1,024.</summary>
    [Fact]
    public void WorkingBytes_OfMoreSamplesThanAPassHas_AreTheSame()
    {
        var memory = new PassMemory(Size("llama-125m"), DevicePresets.Find("a100-80gb"), 1024);
        Assert.True(memory.Of(2, 8) < memory.Of(2, 16));
        Assert.Equal(memory.Of(2, 16), memory.Of(2, 100));
        Assert.Equal((8, 3, 1), (memory.SamplesAtOnce(2, 100), memory.SamplesAtOnce(2, 3), memory.SamplesAtOnce(32, 2)));
    }

    /// <summary>Large models are imagined too, with the largest share of each split.</summary>
    [Theory]
    [InlineData("opt-175b", "pertp", 2)]
    [InlineData("llama3-70b", "dp", 4)]
    [InlineData("qwen2-7b", "2d", 4)]
    public void Plan_OfAShape_CountsThePassesOfARun(string shape, string parallelism, int devices)
    {
        const int tokens = 512;
        string[] flags = ["--parallelism", parallelism, "--batch-size", "7", "--num-directions", "3", "--weights-dtype", "bfloat16"];
        var recipe = Recipe.Default.WithFlags(flags.Chunk(2).Select(pair => (pair[0][2..].Replace('-', '_'), pair[1])));
        var part = ModelPart.Full(ModelShapes.Find(shape));
        var passes = LargestPasses.Of(recipe.Resolve(7), part.Architecture, Rows(7, tokens), null, devices);
        using var device = CudaDevice.Imagine(90);
        var counted = WorkingMemory.Of(device, part, part.Tensors.ToDictionary(tensor => tensor.Name, _ => WeightType.BFloat16), null, passes);
        Assert.Equal(counted, Plan(shape, tokens, devices, flags).GetProperty("working_bytes").GetInt64());
    }

    private static ModelSize Size(string shape) => new(ModelPart.Full(ModelShapes.Find(shape)), WeightType.Float16, WeightType.Float16);

    private void Compare(Recipe recipe, string[] flags)
    {
        var slots = recipe.Get(RecipeKeys.Slots)!.Value;
        var (placement, plan) = (Run(recipe), Plan(_folder["model"], Tokens, slots, flags));
        Assert.Equal(placement.WorkingBytes, plan.GetProperty("working_bytes").GetInt64());
        Assert.Equal(placement.DeviceBytes + placement.WorkingBytes, plan.GetProperty("device_peak_bytes").GetInt64());
        Assert.Equal(placement.Buffers, plan.GetProperty("buffers").GetInt32());
        Assert.Equal(placement.Layers - placement.Streamed.Count, plan.GetProperty("layers").GetProperty("device").GetInt32());
        Assert.Equal(placement.StagingBytes + (placement.Tier == OffloadTier.Host ? placement.StreamedBytes : 0), plan.GetProperty("host_bytes").GetInt64());
    }

    private Placement Run(Recipe recipe)
    {
        using var checkpoint = Checkpoint.Open(_folder["model"]);
        var (part, slots) = (TrainedParts.Of(recipe, checkpoint), recipe.Get(RecipeKeys.Slots)!.Value);
        var rows = Rows(300, Tokens);
        var passes = LargestPasses.Of(recipe.Resolve(rows.Count), part.Architecture, rows, null, slots);
        var devices = Enumerable.Range(0, slots).Select(_ => CudaDevice.Imagine(90)).ToList();
        try
        {
            return BaseWeights.Place([.. devices], checkpoint, part, recipe, passes, SlotTopology.Of(recipe));
        }
        finally
        {
            foreach (var device in devices) device.Dispose();
        }
    }

    /// <summary>Rows of which a pass reads so many tokens each.</summary>
    private static List<EncodedExample> Rows(int count, int tokens) =>
        [.. Enumerable.Range(1, count).Select(line => new EncodedExample(new int[1], [new EncodedOption(new int[tokens], 0)], 0, line))];

    /// <summary>The plan for the most devices.</summary>
    private static JsonElement Plan(string model, int tokens, int devices, string[] flags)
    {
        var text = Distzo.Run(
        [
            "plan", model, "--device", "h100", "--tokens", $"{tokens}", "--devices", $"{devices}", "--host-fold-rate", "1", "--disk", "1/1", "--json", .. flags,
        ]).Done();
        using var json = JsonDocument.Parse(text);
        return json.RootElement.GetProperty("plans").EnumerateArray().Last().Clone();
    }
}
