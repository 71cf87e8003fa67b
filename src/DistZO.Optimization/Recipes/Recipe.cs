using System.Collections.Immutable;
using System.Text.Json.Nodes;
using DistZO.Devices;

namespace DistZO.Optimization;

/// <summary>
/// What a run is asked to do: a value for each key of <see cref="RecipeKeys"/>. Immutable. Made in layers: defaults, then a file,
/// then flags; a later layer overrides an earlier one.
/// </summary>
public sealed class Recipe
{
    private readonly ImmutableDictionary<RecipeKey, object?> _set;

    private Recipe(ImmutableDictionary<RecipeKey, object?> set) => _set = set;

    /// <summary>Every key at its default.</summary>
    public static Recipe Default { get; } = new(ImmutableDictionary<RecipeKey, object?>.Empty);

    /// <summary>Reads a recipe file. Throws <see cref="BadInputException"/> naming file, line and column.</summary>
    public static Recipe FromYaml(string path) => Default.WithYaml(path);

    /// <summary>Reads a recipe from text; <paramref name="source"/> is what errors call it.</summary>
    public static Recipe ParseYaml(string yaml, string source) => Default.WithYaml(yaml, source);

    /// <summary>The recipe with a file over it. Throws <see cref="BadInputException"/> naming file, line and column.</summary>
    public Recipe WithYaml(string path) => WithYaml(RecipeFile.ReadText(path), path);

    /// <summary>A value as a recipe writes it.</summary>
    public string TextOf(RecipeKey key) => RecipeYaml.Scalar(key, JsonOf(key));

    /// <summary>The recipe with command-line flags over it. Keys come without leading dashes; <c>-</c> and <c>_</c> are the same.</summary>
    public Recipe WithFlags(IEnumerable<(string Key, string Value)> flags) => WithLayer(flags.Select(flag =>
    {
        var place = $"--{flag.Key.Replace('_', '-')}";
        var key = Named(flag.Key, place);
        var node = key.IsStructured ? RecipeFile.Parse(flag.Value, place) : null;
        return (key, node ?? new RecipeScalar(place, flag.Value, Plain: !IsText(key)));
    })).Canonical();

    /// <summary>The recipe with one key changed.</summary>
    public Recipe With<T>(RecipeKey<T> key, T value) => new(_set.SetItem(key, value));

    /// <summary>The value of a key.</summary>
    public T Get<T>(RecipeKey<T> key) => _set.TryGetValue(key, out var value) ? (T)value! : key.Default;

    /// <summary>
    /// Whether held-out rows are choices between options, so that an evaluation has an accuracy; otherwise it has a perplexity.
    /// </summary>
    public bool HasChoices => Get(RecipeKeys.Task) is { } task
        ? task is not (TaskName.Squad or TaskName.Drop)
        : Get(RecipeKeys.Choices) is { Count: > 0 };

    /// <summary>
    /// What the answers that the model writes to held-out rows are scored by; empty where it writes none. It writes them to tasks whose
    /// answers are written freely, and under an objective that scores text.
    /// </summary>
    public IReadOnlyList<string> AnswerMetrics => Get(RecipeKeys.Objective) switch
    {
        { Kind: ObjectiveKind.Command } => ["score"],
        { ScoresText: true } => ["f1", "exact_match"],
        _ => Get(RecipeKeys.Task) is TaskName.Squad or TaskName.Drop ? ["f1", "exact_match"] : [],
    };

    /// <summary>
    /// The recipe for a data set of <paramref name="rows"/> rows: num_train_epochs becomes max_steps (rounded up), a share of warm-up
    /// steps becomes a number (rounded up), and of two names for one schedule the shorter stays. Resolving again changes nothing.
    /// </summary>
    public Recipe Resolve(long rows)
    {
        if (rows < 1) throw new BadInputException("the training data has no rows");
        var steps = Get(RecipeKeys.MaxSteps);
        if (Get(RecipeKeys.NumTrainEpochs) is { } epochs)
        {
            // Decimal, so that 0.1 epochs of 30 rows are 3 rows and not a hair more.
            var exact = decimal.Ceiling((decimal)epochs * rows / Get(RecipeKeys.BatchSize));
            if (exact > int.MaxValue)
            {
                throw new BadInputException($"num_train_epochs: {epochs} epochs of {rows:N0} rows are more than {int.MaxValue:N0} steps");
            }

            steps = Math.Max(1, (int)exact);
        }

        var warmup = Get(RecipeKeys.WarmupSteps);
        if (warmup < 1) warmup = (double)decimal.Ceiling((decimal)warmup * steps);
        var shape = Get(RecipeKeys.LrSchedulerType);
        if (shape == LearningRateShape.ConstantWithWarmup) shape = LearningRateShape.Constant;
        return With(RecipeKeys.NumTrainEpochs, null).With(RecipeKeys.MaxSteps, steps)
            .With(RecipeKeys.WarmupSteps, warmup).With(RecipeKeys.LrSchedulerType, shape);
    }

    /// <summary>The effective recipe as YAML, every key with its help. Reading it gives the same recipe.</summary>
    public string ToYaml() => RecipeYaml.Write(this);

    /// <summary>
    /// The keys that decide the run's records and weights, for its identity: every trajectory key that has a value, so that a key
    /// that is added later and left open changes no identity. Only a resolved recipe has one meaning.
    /// </summary>
    internal JsonObject Trajectory() => ToJson(key => key.Kind switch
    {
        RecipeKeyKind.Trajectory => true,
        RecipeKeyKind.TrajectoryOfSchedule => LearningRateSchedule.DependsOnMaxSteps(Get(RecipeKeys.LrSchedulerType)),
        _ => false,
    });

    /// <summary>The rest: for information in a ledger's header, outside the identity.</summary>
    internal JsonObject Operational()
    {
        var trajectory = Trajectory();
        return ToJson(key => !trajectory.ContainsKey(key.Name) && key.Kind != RecipeKeyKind.Trajectory);
    }

    /// <summary>All keys that have a value, as JSON; <see cref="FromJson(string, string)"/> gives the recipe back.</summary>
    public string ToJson() => CanonicalJson.Write(ToJson(_ => true));

    /// <summary>The inverse of <see cref="ToJson()"/>. Throws <see cref="BadInputException"/>; <paramref name="source"/> is what it calls the text.</summary>
    public static Recipe FromJson(string json, string source) => JsonNode.Parse(json) is JsonObject keys
        ? FromJson([keys], source)
        : throw new BadInputException($"{source}: not a recipe");

    /// <summary>The inverse of <see cref="Trajectory"/> and <see cref="Operational"/>.</summary>
    internal static Recipe FromJson(IEnumerable<JsonObject> parts, string source) => Default.WithLayer(
        parts.SelectMany(part => part).Select(pair => (Named(pair.Key, source), RecipeJson.Read(pair.Value, source))));

    /// <summary>A key's value as a flag's text; null where it is not set.</summary>
    public string? Text(RecipeKey key) => JsonOf(key)?.ToString();

    internal JsonNode? JsonOf(RecipeKey key) => key.ToJson(_set.TryGetValue(key, out var value) ? value : key.DefaultValue);

    private JsonObject ToJson(Func<RecipeKey, bool> which)
    {
        var json = new JsonObject();
        foreach (var key in RecipeKeys.All)
        {
            if (which(key) && JsonOf(key) is { } value) json.Add(key.Name, value);
        }

        return json;
    }

    private Recipe WithYaml(string yaml, string source) => RecipeFile.Parse(yaml, source) switch
    {
        null or RecipeScalar { IsNull: true } => this,
        RecipeMapping mapping => WithLayer(mapping.Entries.Select(e => (Named(e.Key.Text, e.Key.Place), e.Value))).Canonical(),
        { } node => throw new BadInputException($"{node.Place}: a recipe is a list of 'key: value' lines"),
    };

    /// <summary>
    /// One spelling for what users write in several: two ways to say one thing must not make two identities. What a ledger says stays.
    /// </summary>
    public Recipe Canonical()
    {
        var recipe = this;
        if (Get(RecipeKeys.Train) is { } part) recipe = recipe.With(RecipeKeys.Train, part.Canonical());
        if (Get(RecipeKeys.LoraTargetModules) is { } names)
        {
            var sorted = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct().Order(StringComparer.Ordinal);
            recipe = recipe.With(RecipeKeys.LoraTargetModules, string.Join(',', sorted) is { Length: > 0 } text ? text : null);
        }

        return recipe;
    }

    private Recipe WithLayer(IEnumerable<(RecipeKey Key, RecipeNode Value)> entries)
    {
        var layer = new Dictionary<RecipeKey, (object? Value, string Place)>();
        foreach (var (key, node) in entries)
        {
            if (!layer.TryAdd(key, (key.Read(node), node.Place)))
            {
                throw new BadInputException($"{node.Place}: '{key.Name}' is set a second time; keep one");
            }
        }

        // max_steps and num_train_epochs say the same thing: the later layer decides, and one layer may say only one of them.
        var epochs = layer.TryGetValue(RecipeKeys.NumTrainEpochs, out var e) && e.Value is not null;
        var set = _set;
        if (epochs && layer.TryGetValue(RecipeKeys.MaxSteps, out var steps))
        {
            throw new BadInputException($"{steps.Place}: max_steps and num_train_epochs are both set; keep one");
        }

        if (epochs) set = set.Remove(RecipeKeys.MaxSteps);
        if (layer.ContainsKey(RecipeKeys.MaxSteps)) set = set.Remove(RecipeKeys.NumTrainEpochs);
        return new(set.SetItems(layer.Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Value))));
    }

    private static RecipeKey Named(string name, string place)
    {
        if (RecipeKeys.Find(name) is { } key) return key;
        var hint = NearestKey.To(name) is { } near ? $"did you mean '{near}'?" : "see 'distzo train --print-recipe' for all keys";
        throw new BadInputException($"{place}: unknown key '{(name.Length <= 60 ? name : name[..57] + "...")}'; {hint}");
    }

    // On the command line any word is a text: a folder may be called "null".
    private static bool IsText(RecipeKey key) => key is RecipeKey<string?>;
}
