using DistZO.Devices;

namespace DistZO.Optimization.Tests;

public class RecipeTests
{
    [Fact]
    public void Defaults_AreThoseOfMeZO()
    {
        var recipe = Recipe.Default;
        Assert.Equal(20_000, recipe.Get(RecipeKeys.MaxSteps));
        Assert.Equal(16, recipe.Get(RecipeKeys.BatchSize));
        Assert.Equal(1e-6, recipe.Get(RecipeKeys.LearningRate));
        Assert.Equal(1e-3, recipe.Get(RecipeKeys.ZoEps));
        Assert.Equal(1, recipe.Get(RecipeKeys.NumDirections));
        Assert.Equal(0, recipe.Get(RecipeKeys.WeightDecay));
        Assert.Equal(0UL, recipe.Get(RecipeKeys.Seed));
        Assert.Equal(LearningRateShape.Constant, recipe.Get(RecipeKeys.LrSchedulerType));
        Assert.Equal(WeightType.Float32, recipe.Get(RecipeKeys.WeightsDtype));
        Assert.Null(recipe.Get(RecipeKeys.ClipProjectedGradient));
    }

    [Fact]
    public void Yaml_OfOneTask_IsRead()
    {
        var recipe = Parse("""
            # a comment
            model: base-opt
            learning_rate: 5e-5
            lr_scheduler_type: linear
            warmup_steps: 0.06
            prompt: "{text} It was"
            choices: {0: " terrible", 1: " great"}
            weights_dtype: bfloat16
            save_steps: auto
            clip_projected_gradient: none
            seed: 18446744073709551615
            log_json: true
            """);
        Assert.Equal("base-opt", recipe.Get(RecipeKeys.Model));
        Assert.Equal(5e-5, recipe.Get(RecipeKeys.LearningRate));
        Assert.Equal(LearningRateShape.Linear, recipe.Get(RecipeKeys.LrSchedulerType));
        Assert.Equal("{text} It was", recipe.Get(RecipeKeys.Prompt));
        Assert.Equal([new Choice("0", " terrible"), new Choice("1", " great")], recipe.Get(RecipeKeys.Choices)!);
        Assert.Equal(WeightType.BFloat16, recipe.Get(RecipeKeys.WeightsDtype));
        Assert.Null(recipe.Get(RecipeKeys.SaveSteps));
        Assert.Equal(ulong.MaxValue, recipe.Get(RecipeKeys.Seed));
        Assert.True(recipe.Get(RecipeKeys.LogJson));
    }

    [Theory]
    [InlineData("learning_rat: 1", "r.yaml:1:1: unknown key 'learning_rat'; did you mean 'learning_rate'?")]
    [InlineData("\n\nper_device_train_batch_size: 8", "r.yaml:3:1: unknown key 'per_device_train_batch_size'; did you mean 'batch_size'?")]
    [InlineData("qqqqqqqqqqqqq: 1", "r.yaml:1:1: unknown key 'qqqqqqqqqqqqq'; see 'distzo train --print-recipe' for all keys")]
    [InlineData("seed: 0\nbatch_size: many", "r.yaml:2:13: 'batch_size' must be a whole number from 1 to 1048576, not 'many'")]
    [InlineData("batch_size: 0", "r.yaml:1:13: 'batch_size' must be a whole number from 1 to 1048576, not '0'")]
    [InlineData("batch_size: [1]", "r.yaml:1:13: 'batch_size' must be a whole number from 1 to 1048576, not [1]")]
    [InlineData("choices: {0: a}", "r.yaml:1:10: 'choices' must be a mapping of at least two different labels to texts, such as {0: \" terrible\", 1: \" great\"}, not {0: a}")]
    [InlineData("objective: {command: python3 score.py}", "r.yaml:1:12: 'objective' must be one of choice, answer, accuracy, f1, exact_match, auto, or a program such as {command: [python3, score.py]}, not {command: python3 score.py}")]
    [InlineData("lora_r: many", "r.yaml:1:9: 'lora_r' must be a whole number from 1 to 1024, not 'many'")]
    [InlineData("lora_target_modules: {q_proj: 1}", "r.yaml:1:22: 'lora_target_modules' must be names with commas between, or a list of names, not {q_proj: 1}")]
    [InlineData("lora_target_modules: [q_proj, [v_proj]]", "r.yaml:1:22: 'lora_target_modules' must be names with commas between, or a list of names, not [q_proj, [v_proj]]")]
    [InlineData("learning_rate: nan", "r.yaml:1:16: 'learning_rate' must be a number of at least 0, not 'nan'")]
    [InlineData("learning_rate: 1e999", "r.yaml:1:16: 'learning_rate' must be a number of at least 0, not '1e999'")]
    [InlineData("warmup_steps: 1.5", "r.yaml:1:15: 'warmup_steps' must be a whole number of steps, or a share of them below 1, not '1.5'")]
    [InlineData("weights_dtype: int8", "r.yaml:1:16: 'weights_dtype' must be one of float32, bfloat16, float16, not 'int8'")]
    [InlineData("transfer_dtype: int4", "r.yaml:1:17: 'transfer_dtype' must be one of bfloat16, float8_e4m3fn, float8_e4m3, fp8, or none, not 'int4'")]
    [InlineData("seed: -1", "r.yaml:1:7: 'seed' must be a whole number from 0 to 18446744073709551615, not '-1'")]
    [InlineData("seed: 1\nseed: 2", "r.yaml:2:1: 'seed' stands here a second time; keep one")]
    [InlineData("model: a\nmodel_name_or_path: b", "r.yaml:2:21: 'model_name_or_path' is set a second time; keep one")]
    [InlineData("max_steps: 5\nnum_train_epochs: 2", "r.yaml:1:12: max_steps and num_train_epochs are both set; keep one")]
    [InlineData("prompt: &a x\ncompletion: *a", "r.yaml:1:9: anchors (&name) are not supported")]
    [InlineData("seed: !!int 1", "r.yaml:1:7: tags (!name) are not supported")]
    [InlineData("- a", "r.yaml:1:1: a recipe is a list of 'key: value' lines")]
    [InlineData("just words", "r.yaml:1:1: a recipe is a list of 'key: value' lines")]
    [InlineData("seed: 1\n---\nseed: 2", "r.yaml:2:1: a second document; a recipe is one")]
    public void Yaml_ThatIsWrong_IsRefusedWithPlaceAndFix(string yaml, string message) =>
        Assert.Equal(message, Assert.Throws<BadInputException>(() => Parse(yaml)).Message);

    [Theory]
    [InlineData("choices: {0: a}")]
    [InlineData("choices: [a, b]")]
    [InlineData("choices: {0: a, 1: null}")]
    [InlineData("choices: [[0, a], [0, b]]")]
    [InlineData("prompt: \"\\ud800\"")]
    [InlineData("seed: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]")]
    [InlineData("seed: {")]
    [InlineData("a: b: c")]
    [InlineData("? [a]\n: b")]
    public void Yaml_ThatIsBroken_NamesTheFile(string yaml) =>
        Assert.StartsWith("r.yaml:", Assert.Throws<BadInputException>(() => Parse(yaml)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    public void Yaml_OfNothing_IsTheDefaults(string yaml) => Assert.Equal(Recipe.Default.ToYaml(), Parse(yaml).ToYaml());

    [Fact]
    public void File_ThatIsMissing_IsNamed()
    {
        var e = Assert.Throws<BadInputException>(() => Recipe.FromYaml("no-such.yaml"));
        Assert.StartsWith("cannot read the recipe 'no-such.yaml'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Flags_WithDashesOrUnderscores_OverrideTheFile()
    {
        var recipe = Parse("learning_rate: 1\nseed: 5\nnum_train_epochs: 3").WithFlags(
        [
            ("learning-rate", "2"), ("zo_eps", "0.5"), ("data", "null"), ("choices", "{yes: ' Yes', no: ' No'}"),
            ("max-steps", "7"), ("eval-steps", "none"),
        ]);
        Assert.Equal(2, recipe.Get(RecipeKeys.LearningRate));
        Assert.Equal(0.5, recipe.Get(RecipeKeys.ZoEps));
        Assert.Equal(5UL, recipe.Get(RecipeKeys.Seed));
        Assert.Equal("null", recipe.Get(RecipeKeys.TrainFile));
        Assert.Equal([new Choice("yes", " Yes"), new Choice("no", " No")], recipe.Get(RecipeKeys.Choices)!);
        Assert.Equal(7, recipe.Get(RecipeKeys.MaxSteps));
        Assert.Null(recipe.Get(RecipeKeys.NumTrainEpochs));
        Assert.Null(recipe.Get(RecipeKeys.EvalSteps));
    }

    [Fact]
    public void Flags_ThatAreWrong_AreNamed()
    {
        Assert.Equal("--zo-ep: unknown key 'zo-ep'; did you mean 'zo_eps'?", Refusal([("zo-ep", "1")]));
        Assert.Equal("--batch-size: 'batch_size' must be a whole number from 1 to 1048576, not '1.5'", Refusal([("batch-size", "1.5")]));
        Assert.Equal("--data: 'train_file' is set a second time; keep one", Refusal([("train-file", "a"), ("data", "b")]));
        static string Refusal(IEnumerable<(string, string)> flags) =>
            Assert.Throws<BadInputException>(() => Recipe.Default.WithFlags(flags)).Message;
    }

    [Theory]
    [InlineData(3, 100, 16, 19)]
    [InlineData(1, 16, 16, 1)]
    [InlineData(0.1, 30, 1, 3)]
    [InlineData(1e-9, 5, 5, 1)]
    public void Resolve_OfEpochs_RoundsUpToSteps(double epochs, int rows, int batch, int steps)
    {
        var recipe = Recipe.Default.With(RecipeKeys.NumTrainEpochs, epochs).With(RecipeKeys.BatchSize, batch).Resolve(rows);
        Assert.Equal(steps, recipe.Get(RecipeKeys.MaxSteps));
        Assert.Null(recipe.Get(RecipeKeys.NumTrainEpochs));
    }

    [Fact]
    public void Resolve_OfAShareOfWarmup_RoundsUpToSteps()
    {
        var recipe = Parse("warmup_steps: 0.03\nmax_steps: 101\nlr_scheduler_type: constant_with_warmup").Resolve(10);
        Assert.Equal(4, recipe.Get(RecipeKeys.WarmupSteps));
        Assert.Equal(LearningRateShape.Constant, recipe.Get(RecipeKeys.LrSchedulerType));
        Assert.Equal(recipe.ToYaml(), recipe.Resolve(10).ToYaml());
    }

    [Fact]
    public void Yaml_WrittenAndReadAgain_IsTheSameRecipe()
    {
        string[] texts =
        [
            "", " ", "null", "true", "no", "1e3", "- a", "a: b", "# x", "{text} It was",
            "\"q\" 'q' \\", "line\nline\r\n\ttab", "\0\u0001\u001f\u007f\u0085\u00a0",
            "\u2028\u2029\ufeff\uffff", "😀 漢字 é", "trailing ", "*a", "&a", "!t", "%d",
            "@at", "`tick`", "|", ">", "?", "[", "]", ",", "~", "plain",
        ];
        foreach (var text in texts)
        {
            var recipe = Recipe.Default
                .With(RecipeKeys.Prompt, text)
                .With(RecipeKeys.Choices, [new Choice(text, "x" + text), new Choice("k", text)])
                .With(RecipeKeys.NumTrainEpochs, 0.1)
                .With(RecipeKeys.LearningRate, 1.2345678901234567e-7)
                .With(RecipeKeys.Seed, ulong.MaxValue);
            var again = Parse(recipe.ToYaml());
            Assert.Equal(text, again.Get(RecipeKeys.Prompt));
            Assert.Equal(recipe.Get(RecipeKeys.Choices), again.Get(RecipeKeys.Choices));
            Assert.Equal(recipe.Get(RecipeKeys.LearningRate), again.Get(RecipeKeys.LearningRate));
            Assert.Equal(recipe.ToYaml(), again.ToYaml());
        }
    }

    [Fact]
    public void Json_OfTrajectoryAndOperationalKeys_GivesTheRecipeBack()
    {
        var yaml = "prompt: \"null\"\nchoices: {b: 1, a: 2}\nlr_scheduler_type: cosine\nsave_steps: 5\nwarmup_steps: 0.5";
        var recipe = Parse(yaml).Resolve(3);
        Assert.Equal(recipe.ToYaml(), Recipe.FromJson([recipe.Trajectory(), recipe.Operational()], "run.zol").ToYaml());
    }

    [Fact]
    public void Trajectory_HoldsMaxStepsOnlyWhereTheScheduleNeedsIt()
    {
        Assert.False(Recipe.Default.Trajectory().ContainsKey("max_steps"));
        Assert.True(Parse("lr_scheduler_type: linear").Trajectory().ContainsKey("max_steps"));
        var trajectory = Recipe.Default.Trajectory().ToJsonString();
        Assert.Equal(trajectory, Parse("max_steps: 3\nmodel: x\nthreads: 2\nlog_json: true").Trajectory().ToJsonString());
        Assert.NotEqual(trajectory, Parse("seed: 1").Trajectory().ToJsonString());
    }

    [Theory]
    [InlineData("objective: accuracy", ObjectiveKind.Accuracy, "")]
    [InlineData("objective: Exact_Match", ObjectiveKind.ExactMatch, "")]
    [InlineData("objective: {command: [python3, \"a b.py\", --x=1]}", ObjectiveKind.Command, "python3|a b.py|--x=1")]
    [InlineData("objective:\n  command: [\"./score\", null text, \"\", \"é\\n\"]", ObjectiveKind.Command, "./score|null text||é\n")]
    public void Objective_ReadAndWritten_IsTheSame(string yaml, ObjectiveKind kind, string command)
    {
        var recipe = Parse(yaml);
        var objective = recipe.Get(RecipeKeys.Objective)!;
        Assert.Equal((kind, command), (objective.Kind, string.Join('|', objective.Command)));
        Assert.Equal(objective, Parse(recipe.ToYaml()).Get(RecipeKeys.Objective));
        Assert.Equal(objective, Recipe.FromJson(recipe.ToJson(), "run.zol").Get(RecipeKeys.Objective));
        Assert.Equal(objective, Recipe.Default.WithFlags([("objective", yaml["objective:".Length..])]).Get(RecipeKeys.Objective));
        Assert.True(recipe.Trajectory().ContainsKey("objective"));
    }

    [Theory]
    [InlineData("objective: rouge")]
    [InlineData("objective: [python3, score.py]")]
    [InlineData("objective: {command: python3 score.py}")]
    [InlineData("objective: {command: []}")]
    [InlineData("objective: {command: [\"\"]}")]
    [InlineData("objective: {command: [[a]]}")]
    [InlineData("objective: {command: [\"a\\0b\"]}")]
    [InlineData("objective: {command: [a], shell: true}")]
    public void Objective_ThatIsNone_IsRefused(string yaml) => Assert.Contains(
        "'objective' must be one of choice, answer, accuracy, f1, exact_match, auto, or a program such as {command: [python3, score.py]}",
        Assert.Throws<BadInputException>(() => Parse(yaml)).Message);

    [Fact]
    public void KeysOfTasksAndObjectives_LeftOpen_ChangeNoIdentity()
    {
        var keys = Recipe.Default.Trajectory().Select(pair => pair.Key);
        Assert.Empty(keys.Intersect(["task", "num_demos", "objective", "max_new_tokens"]));
    }

    [Fact]
    public void Keys_AreNamedOnce()
    {
        var names = RecipeKeys.All.SelectMany(key => key.Aliases.Prepend(key.Name)).ToList();
        Assert.Equal(names.Count, names.Distinct().Count());
        Assert.All(RecipeKeys.All, key => Assert.Same(key, RecipeKeys.Find(key.Name.Replace('_', '-'))));
    }

    [Fact]
    public void Parser_OnGarbage_OnlyEverRefuses()
    {
        var random = new Random(20260101);
        var seedText = Parse("prompt: \"{text} x\"\nchoices: {0: a, 1: b}\nlearning_rate: 1e-5\n").ToYaml()
            + "|>&*!%@`{}[],:?-#'\"\\\t\n \u0085\u2028😀\0";
        for (var i = 0; i < 4000; i++)
        {
            var text = seedText.ToCharArray(random.Next(seedText.Length / 2), random.Next(60)).ToList();
            for (var edits = random.Next(8); edits >= 0; edits--)
            {
                var at = random.Next(text.Count + 1);
                if (random.Next(3) == 0 && at < text.Count) text.RemoveAt(at);
                else text.Insert(at, seedText[random.Next(seedText.Length)]);
            }

            try
            {
                _ = Parse(new string([.. text]));
            }
            catch (BadInputException)
            {
                // A refusal is the other allowed outcome.
            }
        }
    }

    /// <summary>Two ways to say one thing make one run.</summary>
    [Theory]
    [InlineData("train: layers=1", "train: layers=1-1")]
    [InlineData("train: layers=0-1", "train: layers=1,0,1")]
    [InlineData("train: layers=0,8-11", "train: layers=11,8-10,0,9")]
    [InlineData("train: lora", "train: lora\nlora_r: 8\nlora_alpha: 1.6e1\nlora_target_modules: null")]
    [InlineData("train: lora\nlora_r: 4", "train: lora\nlora_r: 04")]
    [InlineData("train: prefix", "train: prefix\nnum_virtual_tokens: 05")]
    [InlineData("train: lora\nlora_target_modules: q_proj,v_proj", "train: lora\nlora_target_modules: [v_proj, q_proj]")]
    [InlineData("train: lora\nlora_target_modules: q_proj,v_proj", "train: lora\nlora_target_modules: ' v_proj,  q_proj, q_proj'")]
    [InlineData("train: full", "")]
    public void Recipes_OfOneMeaning_AreEqual(string one, string other)
    {
        Assert.Equal(Parse(one).ToJson(), Parse(other).ToJson());
        Assert.Equal(Parse(one).ToYaml(), Parse(other).ToYaml());
        Assert.Equal(Parse(other).ToJson(), Recipe.ParseYaml(Parse(other).ToYaml(), "again").ToJson());
    }

    /// <summary>A ledger's identity stays what it was: what an older version wrote is not put in order.</summary>
    [Fact]
    public void Json_OfAnotherSpelling_IsKept()
    {
        const string Json = """{"lora_target_modules":"v_proj, q_proj","train":"layers=1-1"}""";
        Assert.Contains("layers=1-1", Recipe.FromJson(Json, "ledger").ToJson());
        Assert.Contains("v_proj, q_proj", Recipe.FromJson(Json, "ledger").ToJson());
    }

    [Theory]
    [InlineData("lora_r: 4", "lora_r has no meaning with train: full; leave it away, or set train to lora")]
    [InlineData("train: bitfit\nlora_alpha: 4", "lora_alpha has no meaning with train: bitfit; leave it away, or set train to lora")]
    [InlineData("train: prefix\nlora_target_modules: [q_proj]", "lora_target_modules has no meaning with train: prefix; leave it away, or set train to lora")]
    [InlineData("train: layers=1-1\nnum_virtual_tokens: 4", "num_virtual_tokens has no meaning with train: layers=1; leave it away, or set train to prefix or prompt")]
    public void TrainedPart_WithAKeyOfAnother_IsRefused(string yaml, string message) =>
        Assert.Equal(message, Assert.Throws<BadInputException>(() => TrainedPartKeys.Require(Parse(yaml))).Message);

    [Theory]
    [InlineData("")]
    [InlineData("lora_r: 8")]
    [InlineData("train: lora\nlora_r: 4\nlora_alpha: 1\nlora_target_modules: k_proj")]
    [InlineData("train: prefix\nnum_virtual_tokens: 4")]
    [InlineData("train: prompt\nnum_virtual_tokens: 4")]
    public void TrainedPart_WithItsOwnKeys_IsTaken(string yaml) => TrainedPartKeys.Require(Parse(yaml));

    private static Recipe Parse(string yaml) => Recipe.ParseYaml(yaml, "r.yaml");
}
