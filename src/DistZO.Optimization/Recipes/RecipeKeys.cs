using DistZO.Devices;
using static DistZO.Optimization.RecipeKeyKind;
using static DistZO.Optimization.RecipeTypes;

namespace DistZO.Optimization;

/// <summary>
/// The one table of recipe keys: YAML, flags, <c>--print-recipe</c>, <c>--help</c> and the identity of a run all come from it. Names
/// are those of the Hugging Face trainers where one exists; defaults are those of MeZO (arXiv 2305.17333, appendix D).
/// </summary>
public static class RecipeKeys
{
    // Filled by the declarations below, so it must stand above them: static fields are initialized in the order of the text.
    private static readonly List<RecipeKey> Declared = [];

    public static readonly RecipeKey<string?> Model = Declare(
        "model_name_or_path", OptionalReference(FilePath), null, Operational, "directory of the base model, in Hugging Face layout", "model");

    public static readonly RecipeKey<string?> TrainFile = Declare(
        "train_file", OptionalReference(FilePath), null, Operational, "training rows, JSON lines", "data");

    public static readonly RecipeKey<string?> EvalFile = Declare(
        "eval_file", OptionalReference(FilePath), null, Operational, "held-out rows, JSON lines", "eval_data");

    public static readonly RecipeKey<string?> Output = Declare(
        "output_dir", OptionalReference(FilePath), null, Operational, "where the model, the ledger and the metrics go", "output");

    public static readonly RecipeKey<TaskName?> Task = Declare(
        "task", Optional(OneOf([.. Enum.GetValues<TaskName>().Select(t => (TaskWord(t), t))])), null, Trajectory,
        "a built-in task, with its own prompt and choices ('distzo tasks' lists them)");

    public static readonly RecipeKey<string?> Prompt = Declare(
        "prompt", OptionalReference(Text), null, Trajectory, "template of the prompt; {field} stands for a field of the row");

    public static readonly RecipeKey<string?> Completion = Declare(
        "completion", OptionalReference(Text), null, Trajectory, "template of the text to learn after the prompt");

    public static readonly RecipeKey<IReadOnlyList<Choice>?> Choices = Declare(
        "choices", OptionalReference(RecipeTypes.Choices), null, Trajectory, "labels and the text that stands for each, in order");

    public static readonly RecipeKey<RecipeObjective?> Objective = Declare(
        "objective", RecipeObjective.Type, null, Trajectory,
        "what is made small: cross-entropy over the choices or of the right answer's tokens, wrong choices, or 1 - the score of what the model writes (auto: as the rows are)");

    public static readonly RecipeKey<int?> MaxNewTokens = Declare(
        "max_new_tokens", Optional(Integer(1, 1 << 16), "auto"), null, Trajectory, "most tokens that the model writes where what it writes is scored (auto: 50)");

    public static readonly RecipeKey<double> ScorerTimeout = Declare(
        "scorer_timeout", Number(0, 1e6, above: true), 60, Operational, "seconds that a scoring program may be silent");

    public static readonly RecipeKey<string> LabelField = Declare(
        "label_field", Text, "label", Trajectory, "the field that picks the choice, compared as text");

    public static readonly RecipeKey<int?> MaxLength = Declare(
        "max_length", Optional(Integer(2)), null, Trajectory,
        "longest sample in tokens; longer prompts lose their start");

    public static readonly RecipeKey<int?> NumDemos = Declare(
        "num_demos", Optional(Integer(1, 1024)), null, Trajectory, "solved training rows in front of every prompt, as in in-context learning");

    public static readonly RecipeKey<Method> Method = Declare(
        "method", OneOf(("mezo-sgd", Optimization.Method.MezoSgd)), Optimization.Method.MezoSgd, Trajectory,
        "gradient estimator and update rule");

    public static readonly RecipeKey<TrainedPart?> Train = Declare(
        "train", Optional(RecipeTypes.TrainedPart, "full"), null, Trajectory, "the part of the model that is trained");

    public static readonly RecipeKey<int?> LoraR = Declare(
        "lora_r", OrDefault(Integer(1, 1024), 8), null, Trajectory, "with train: lora, the rank");

    public static readonly RecipeKey<double?> LoraAlpha = Declare(
        "lora_alpha", OrDefault(Number(0, above: true), 16), null, Trajectory, "with train: lora, the additions are scaled by alpha / r");

    public static readonly RecipeKey<string?> LoraTargetModules = Declare(
        "lora_target_modules", OptionalReference(Names), null, Trajectory,
        "with train: lora, layers by the last part of their names, such as q_proj,v_proj (none: queries and values)");

    public static readonly RecipeKey<int?> NumVirtualTokens = Declare(
        "num_virtual_tokens", OrDefault(Integer(1, 1 << 16), 5), null, Trajectory, "with train: prefix or prompt, the tokens in front");

    public static readonly RecipeKey<int> MaxSteps = Declare(
        "max_steps", Integer(1), 20_000, TrajectoryOfSchedule, "steps of the run");

    public static readonly RecipeKey<double?> NumTrainEpochs = Declare(
        "num_train_epochs", Optional(Number(0, 1e9, above: true)), null, Operational, "passes over the rows, in place of max_steps");

    public static readonly RecipeKey<int> BatchSize = Declare(
        "batch_size", Integer(1, 1 << 20), 16, Trajectory, "rows of one step, over all workers together");

    public static readonly RecipeKey<double> LearningRate = Declare(
        "learning_rate", Number(0), 1e-6, Trajectory, "highest learning rate");

    public static readonly RecipeKey<LearningRateShape> LrSchedulerType = Declare(
        "lr_scheduler_type",
        OneOf(
            ("constant", LearningRateShape.Constant),
            ("constant_with_warmup", LearningRateShape.ConstantWithWarmup),
            ("linear", LearningRateShape.Linear),
            ("cosine", LearningRateShape.Cosine)),
        LearningRateShape.Constant,
        Trajectory,
        "how the learning rate goes on after the warm-up");

    public static readonly RecipeKey<double> WarmupSteps = Declare(
        "warmup_steps", CountOrShare, 0, Trajectory, "steps over which the learning rate rises from 0, or the share of them if below 1");

    public static readonly RecipeKey<double> ZoEps = Declare(
        "zo_eps", Number(1e-30, 1e30), 1e-3, Trajectory, "how far a probe moves the weights along z");

    public static readonly RecipeKey<int> NumDirections = Declare(
        "num_directions", Integer(1, ushort.MaxValue), 1, Trajectory, "random directions of one step, two probes each");

    public static readonly RecipeKey<double> WeightDecay = Declare(
        "weight_decay", Number(0), 0, Trajectory, "pull towards zero of matrices and embeddings, times the learning rate");

    public static readonly RecipeKey<double?> ClipProjectedGradient = Declare(
        "clip_projected_gradient", Optional(Number(0, above: true)), null, Trajectory, "largest size of a projected gradient");

    public static readonly RecipeKey<ulong> Seed = Declare(
        "seed", RecipeTypes.Seed, 0UL, Trajectory, "picks all directions and the order of the rows; 0 is a seed like any other");

    public static readonly RecipeKey<WeightType> WeightsDtype = Declare(
        "weights_dtype",
        OneOf([.. Enum.GetValues<WeightType>().Select(t => (t.Name(), t))]),
        WeightType.Float32,
        Trajectory,
        "number format in which the trained weights are held");

    public static readonly RecipeKey<TransferType?> TransferDtype = Declare(
        "transfer_dtype",
        Optional(OneOf(
            (TransferType.BFloat16.Name(), TransferType.BFloat16),
            (TransferType.Float8.Name(), TransferType.Float8),
            ("float8_e4m3", TransferType.Float8),
            ("fp8", TransferType.Float8))),
        null,
        Trajectory,
        "number format to which matrices and tables are rounded before a step's probes read them, wherever they are (none: not at all)");

    public static readonly RecipeKey<int> Workers = Declare(
        "workers", Integer(1, 1024), 1, Operational, "worker processes of distzo train on this machine");

    public static readonly RecipeKey<Parallelism> Parallelism = Declare(
        "parallelism", RecipeTypes.Parallelism, Optimization.Parallelism.Auto, Operational,
        "how workers share a step: perturbed forwards (pertp), the batch (dp), both (2d), or what is fastest");

    public static readonly RecipeKey<int> DigestSteps = Declare(
        "digest_steps", Integer(1), 100, Operational, "compare the weights of all workers every so many steps");

    public static readonly RecipeKey<int?> EvalSteps = Declare(
        "eval_steps", Optional(Integer(1)), null, Operational, "evaluate every so many steps (none: before and after)");

    public static readonly RecipeKey<int> LoggingSteps = Declare(
        "logging_steps", Integer(1), 1, Operational, "a line of metrics.jsonl every so many steps");

    public static readonly RecipeKey<int?> SaveSteps = Declare(
        "save_steps", Optional(Integer(1), "auto"), null, Operational,
        "a snapshot every so many steps (auto: so that a resume takes under a minute)");

    public static readonly RecipeKey<int> SaveTotalLimit = Declare(
        "save_total_limit", Integer(1), 2, Operational, "how many snapshots are kept");

    public static readonly RecipeKey<ExportedStep> Export = Declare(
        "export", OneOf(("last", ExportedStep.Last), ("best", ExportedStep.Best)), ExportedStep.Last, Operational,
        "whose weights are written at the end");

    public static readonly RecipeKey<WeightType?> SaveDtype = Declare(
        "save_dtype",
        Optional(OneOf([.. Enum.GetValues<WeightType>().Select(t => (t.Name(), t))])),
        null,
        Operational,
        "number format of the written weights (none: as in the base model)");

    public static readonly RecipeKey<BestMetric?> MetricForBestModel = Declare(
        "metric_for_best_model",
        Optional(
            OneOf(
                ("accuracy", BestMetric.Accuracy),
                ("macro_f1", BestMetric.MacroF1),
                ("loss", BestMetric.Loss),
                ("perplexity", BestMetric.Perplexity),
                ("f1", BestMetric.F1),
                ("exact_match", BestMetric.ExactMatch),
                ("score", BestMetric.Score)),
            "auto"),
        null,
        Operational,
        "what makes an evaluation the best (auto: f1 of written answers, or a program's score; accuracy with choices; else loss)");

    public static readonly RecipeKey<int?> EarlyStoppingPatience = Declare(
        "early_stopping_patience", Optional(Integer(1)), null, Operational, "stop after so many evaluations without a new best");

    public static readonly RecipeKey<ReportTarget> ReportTo = Declare(
        "report_to",
        OneOf(("none", ReportTarget.None), ("tensorboard", ReportTarget.TensorBoard)),
        ReportTarget.None,
        Operational,
        "where metrics go besides metrics.jsonl");

    public static readonly RecipeKey<int?> Threads = Declare(
        "threads", Optional(Integer(1, 4096), "auto"), null, Operational, "CPU threads (auto: one a core)");

    public static readonly RecipeKey<DeviceChoice> Device = Declare(
        "device", RecipeTypes.Device, DeviceChoice.Auto, Operational, "what computes: cpu, cuda (a GPU for each slot), or one GPU such as cuda:1 (auto: cuda, if there is a GPU)");

    public static readonly RecipeKey<OffloadTier?> Offload = Declare(
        "offload",
        Optional(OneOf(("none", OffloadTier.None), ("host", OffloadTier.Host), ("disk", OffloadTier.Disk), ("shard", OffloadTier.Shard)), "auto"),
        null,
        Operational,
        "where layers are that the device has no memory for: in host memory, on disk, or in slices on all slots (auto: nowhere, if all fit)");

    public static readonly RecipeKey<long?> DeviceMemory = Declare(
        "device_memory", Optional(Bytes), null, Operational, "bytes that may be taken on the device: on a GPU all that a run takes there, on the CPU the weights, with activations on top (none: what is free)");

    public static readonly RecipeKey<long?> HostMemory = Declare(
        "host_memory", Optional(Bytes), null, Operational, "bytes that offloaded weights may take in host memory (none: what the machine has)");

    public static readonly RecipeKey<string?> OffloadDir = Declare(
        "offload_dir", OptionalReference(FilePath), null, Operational, "with offload: disk, where the layers lie (null: in .distzo of the output)");

    public static readonly RecipeKey<int?> WriteBackSteps = Declare(
        "write_back_steps", Optional(Integer(1, 32), "auto"), null, Operational,
        "an offloaded layer is written back every so many steps, and what it lacks is folded again until then (auto: what is fastest)");

    public static readonly RecipeKey<FoldPlace?> FoldOn = Declare(
        "fold_on",
        Optional(OneOf(("device", FoldPlace.Device), ("host", FoldPlace.Host)), "auto"),
        null,
        Operational,
        "what folds commits into layers that come from host memory or disk (auto: the host with transfer_dtype, else the device)");

    public static readonly RecipeKey<int?> Slots = Declare(
        "slots", Optional(Integer(1, 64), "auto"), null, Operational, "device slots of this machine that share a step and its layers (auto: as the topology says, or 1)");

    public static readonly RecipeKey<string?> Topology = Declare(
        "topology", OptionalReference(FilePath), null, Operational, "JSON file of the slots' links, or system for those of its devices (null: as fast as the machine is)");

    public static readonly RecipeKey<GatherKind?> Gather = Declare(
        "gather",
        Optional(OneOf(("copy", GatherKind.Copy), ("nccl", GatherKind.Nccl)), "auto"),
        null,
        Operational,
        "how slots on GPUs of their own bring slices together (auto: NCCL or copies, whichever is measured faster)");

    public static readonly RecipeKey<bool> LogJson = Declare(
        "log_json", Switch, false, Operational, "progress as JSON lines");

    /// <summary>All keys, in the order in which people read them.</summary>
    public static IReadOnlyList<RecipeKey> All => Declared;

    /// <summary>The key of a name or alias, in which <c>-</c> and <c>_</c> are the same; null if there is none.</summary>
    public static RecipeKey? Find(string name)
    {
        var wanted = name.Replace('-', '_');
        return Declared.Find(key => key.Name == wanted || key.Aliases.Contains(wanted));
    }

    /// <summary>The word for a task: its name in lower case, such as <c>boolq</c>.</summary>
    public static string TaskWord(TaskName task) => task.ToString().ToLowerInvariant();

    private static RecipeKey<T> Declare<T>(
        string name, RecipeType<T> type, T @default, RecipeKeyKind kind, string help, params string[] aliases)
    {
        var key = new RecipeKey<T>(name, type, @default, kind, help, aliases);
        Declared.Add(key);
        return key;
    }
}
