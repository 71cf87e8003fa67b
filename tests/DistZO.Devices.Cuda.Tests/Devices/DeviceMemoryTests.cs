using DistZO.Devices.Cpu;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Devices.Cuda.Tests.Devices;

/// <summary>What a run takes of a GPU's memory is known before it begins, never more than it was allowed, and what does not fit is streamed.</summary>
[Collection(EmulatorCollection.Name)]
public sealed class DeviceMemoryTests : IDisposable
{
    private const int Steps = 3;
    private static readonly string[] Families = ["opt", "mistral", "roberta"];

    private readonly TemporaryFolder _folder = new();
    private readonly EmulatorFixture _emulator;

    public DeviceMemoryTests(EmulatorFixture emulator)
    {
        _emulator = emulator;
        emulator.RequireAny();
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, string, WeightType> Models()
    {
        var data = new TheoryData<string, string, WeightType>();
        foreach (var family in Families) data.Add(family, "full", WeightType.Float16);
        foreach (var part in (string[])["lora", "prefix", "prompt"]) data.Add("opt", part, WeightType.BFloat16);
        return data;
    }

    /// <summary>A pass on an imagined GPU takes what the same pass on a GPU takes, to the byte.</summary>
    [SkippableTheory]
    [InlineData("opt", WeightType.Float16, 2, 3)]
    [InlineData("opt", WeightType.Float32, 4, 1)]
    [InlineData("gpt2", WeightType.BFloat16, 2, 2)]
    [InlineData("roberta", WeightType.Float16, 1, 4)]
    [InlineData("mistral", WeightType.Float16, 2, 1)]
    public void ImaginedPass_TakesTheBytesOfARealOne(string family, WeightType type, int probes, int samples)
    {
        TinyModel.Write(_folder["model"], 1, family);
        using var checkpoint = Checkpoint.Open(_folder["model"]);
        var part = ModelPart.Full(ModelFamilies.Describe(checkpoint));
        var size = new PassSize([.. Enumerable.Range(0, probes).Select(i => new Probe((ulong)i / 2, i % 2 == 0 ? 1e-3f : -1e-3f))], samples, 60 * samples, 60, 20 * samples, 20 * samples);
        using var imagined = CudaDevice.Imagine(90);
        var working = WorkingMemory.Of(imagined, part, part.Tensors.ToDictionary(tensor => tensor.Name, _ => type), null, [size]);
        using var device = Open(null);
        using var model = ModelLoader.Load(device, checkpoint, type);
        for (var pass = 0; pass < 2; pass++)
        {
            var sequences = Enumerable.Range(0, samples).Select(i => new TokenSequence(60 * i, 60, 0, 0)).ToList();
            model.LogProbabilities(
                new Pass { Tokens = new int[60 * samples], Sequences = sequences, Probes = size.Probes, Updates = new UpdateHistory(), Step = 0, IsRounded = true },
                [.. Enumerable.Range(0, size.Rows)],
                [.. Enumerable.Range(0, size.Targets).Select(i => new TokenTarget(i, 1))],
                new double[probes * size.Targets]);
        }

        // The table of positions may double at any length.
        if (part.Architecture.Rotary is null) Assert.Equal(imagined.PeakBytes, device.PeakBytes);
        AssertNear(model.Bytes + working, device.PeakBytes);
    }

    /// <summary>The least budget that is not refused holds a whole run, with evaluations, and changes no bit; one byte less is refused.</summary>
    [SkippableTheory]
    [MemberData(nameof(Models))]
    public void Run_InTheLeastMemory_GivesTheSameWeights(string family, string part, WeightType type)
    {
        var recipe = Write(family).With(RecipeKeys.Train, TrainedPart.Parse(part)!.Value).With(RecipeKeys.WeightsDtype, type);
        var (expected, _) = Train(recipe, null);
        var least = Least(recipe);
        var error = Assert.Throws<BadInputException>(() => Train(recipe, least - 1));
        Assert.Contains("are needed in all, since embedding and head take", error.Message, StringComparison.Ordinal);
        Assert.Contains("the largest pass takes", error.Message, StringComparison.Ordinal);
        var (found, peak) = Train(recipe, least);
        Assert.Equal(expected, found);
        AssertNear(least, peak);
        // Room for some layers more.
        (found, peak) = Train(recipe, least + 50_000);
        Assert.Equal(expected, found);
        AssertNear(least + 50_000, peak);
    }

    [SkippableTheory]
    [InlineData("pertp")]
    [InlineData("dp")]
    public void Run_OnTwoSlotsInTheLeastMemory_GivesTheSameWeights(string parallelism)
    {
        var recipe = Write("opt").With(RecipeKeys.Slots, 2).With(RecipeKeys.Offload, OffloadTier.Host).WithFlags([(RecipeKeys.Parallelism.Name, parallelism)]);
        var (expected, _) = Train(recipe, null);
        var least = Least(recipe);
        Assert.Throws<BadInputException>(() => Train(recipe, least - 1));
        var (found, peak) = Train(recipe, least);
        Assert.Equal(expected, found);
        AssertNear(least, peak);
    }

    /// <summary>Written answers hold keys and values of all their tokens.</summary>
    [SkippableFact]
    public void Evaluation_ThatWritesAnswers_StaysWithinItsMemory()
    {
        TinyModel.Write(_folder["model"], 1, "mistral");
        File.WriteAllLines(_folder["rows.jsonl"], Enumerable.Range(0, 3).Select(i =>
            $$"""{"id": "{{i}}", "title": "t", "context": "{{new string('c', 20 + i)}}", "question": "q{{i}}", "answers": [{"text": "a"}]}"""));
        var recipe = Recipe.Default.WithFlags([("task", "squad"), ("max_new_tokens", "2")]);
        var peak = Evaluate(recipe, null);
        // Tables that may grow.
        Assert.InRange(Evaluate(recipe, peak + (6 << 20)), 1, peak + (6 << 20));
        Assert.Throws<BadInputException>(() => Evaluate(recipe, peak - 1));

        long Evaluate(Recipe placed, long? limit)
        {
            var device = Open(limit);
            using var inputs = EvaluationInputs.Open(
                placed.With(RecipeKeys.DeviceMemory, limit), _folder["model"], null, _folder["rows.jsonl"], null, allowsCommand: false, () => device, _ => { });
            inputs.Run(null);
            return device.PeakBytes;
        }
    }

    /// <summary>Without a budget it is the GPU's free memory that decides.</summary>
    [SkippableFact]
    public void Run_OnAGpuWithLittleMemory_StreamsWhatDoesNotFit()
    {
        _emulator.Require();
        var recipe = Write("opt");
        var (expected, _) = Train(recipe, null);
        var least = Least(recipe);
        try
        {
            _emulator.Set("DISTZO_EMULATOR_MEMORY", $"{(least * 16 / 15) + 16}");
            using (var inputs = Inputs(recipe, null))
            {
                Assert.Contains("layers come from host memory", inputs.Notices[0], StringComparison.Ordinal);
                Assert.True(inputs.Model.StreamedBytes.All > 0);
                Assert.Equal(expected, Train(inputs));
            }

            _emulator.Set("DISTZO_EMULATOR_MEMORY", $"{least}");
            var error = Assert.Throws<BadInputException>(() => Train(recipe, null));
            Assert.Contains("that may be taken on cuda:0 are too small for this model", error.Message, StringComparison.Ordinal);
            error = Assert.Throws<BadInputException>(() => Train(recipe.With(RecipeKeys.Offload, OffloadTier.None), null));
            Assert.Contains("with offload: none all weights stay", error.Message, StringComparison.Ordinal);
            // More than there is counts as what there is.
            Assert.Throws<BadInputException>(() => Train(recipe, 1L << 40));
        }
        finally
        {
            _emulator.Set("DISTZO_EMULATOR_MEMORY", null);
        }
    }

    private static void AssertNear(long predicted, long peak) => Assert.InRange(peak, (long)(0.8 * predicted), predicted);

    private static CudaDevice Open(long? limit) => CudaDevice.Open(0, () => CpuDevice.Open(1), limit);

    private Recipe Write(string family)
    {
        TinyModel.Write(_folder["model"], 1, family, layers: 4);
        TinyModel.WriteRows(_folder["train.jsonl"], 23);
        TinyModel.WriteRows(_folder["dev.jsonl"], 7);
        var question = TinyModel.Question(family);
        return Recipe.Default.WithFlags(
        [
            ("model_name_or_path", _folder["model"]), ("train_file", _folder["train.jsonl"]), ("eval_file", _folder["dev.jsonl"]),
            ("prompt", question.Prompt), ("choices", question.Choices), ("batch_size", "4"), ("learning_rate", "1e-3"),
        ]);
    }

    /// <summary>The least budget that a run is not refused with.</summary>
    /// <param name="recipe">The run.</param>
    private static long Least(Recipe recipe)
    {
        using var inputs = Inputs(recipe, null);
        var network = SlotTopology.Of(recipe);
        var passes = LargestPasses.Of(inputs.Recipe, inputs.Model.Architecture, inputs.Train.Examples, inputs.Evaluation!.Examples, network.Slots);
        long refused = 0, enough = 1L << 30;
        while (enough - refused > 1)
        {
            var budget = refused + ((enough - refused) / 2);
            try
            {
                BaseWeights.Place([.. inputs.Slots.Models.Select(model => model.Device)], inputs.Checkpoint, inputs.Model.Part, recipe.With(RecipeKeys.DeviceMemory, budget), passes, network);
                enough = budget;
            }
            catch (BadInputException)
            {
                refused = budget;
            }
        }

        return enough;
    }

    private static RunInputs Inputs(Recipe recipe, long? limit) => RunInputs.Open(recipe.With(RecipeKeys.DeviceMemory, limit), () => Open(limit));

    private static (string Digest, long Peak) Train(Recipe recipe, long? limit)
    {
        using var inputs = Inputs(recipe, limit);
        var digest = Train(inputs);
        return (digest, inputs.Device.PeakBytes);
    }

    /// <summary>Steps with an evaluation between; returns the digest of the weights after them.</summary>
    private static string Train(RunInputs inputs)
    {
        var updates = new UpdateHistory();
        var steps = new LocalSteps(inputs.Recipe, inputs.Train.Examples, ShareExecutors.Create(inputs, updates, scoring: null));
        while (updates.Count < Steps)
        {
            updates.Append(steps.Compute(updates.Count).ToUpdate());
            if (updates.Count == 2) new Evaluator(inputs.Model, updates, scoring: null).Run(updates.Count, inputs.Evaluation!, ..);
        }

        inputs.Model.Fold(updates, Steps);
        return WeightsDigest.Text(inputs.Model.Digest());
    }
}
