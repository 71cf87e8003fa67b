using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>How rows become examples: the part of a recipe that concerns prompts.</summary>
public sealed record PromptOptions
{
    /// <summary>As MeZO's evaluation of SQuAD and DROP writes.</summary>
    private const int DefaultNewTokens = 50;

    /// <summary>A built-in task, which has prompt and answers of its own; null for none. Excludes the templates.</summary>
    public TaskName? Task { get; init; }

    /// <summary>Template of the prompt; null to read rows by their own shape.</summary>
    public string? Prompt { get; init; }

    /// <summary>Template of what the model should write after the prompt; excludes <see cref="Choices"/>.</summary>
    public string? Completion { get; init; }

    /// <summary>What may follow the prompt, each text a template too, in the order of the label indices; empty for none.</summary>
    public IReadOnlyList<Choice> Choices { get; init; } = [];

    /// <summary>What is learned; null for what the rows or the task suggest.</summary>
    public RecipeObjective? Objective { get; init; }

    /// <summary>Most tokens that the model writes where they are scored.</summary>
    public int MaxNewTokens { get; init; } = DefaultNewTokens;

    /// <summary>The tokens at which the model ends what it writes.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>The field that names the right choice, compared as text (1 and "1" are equal).</summary>
    public string LabelField { get; init; } = "label";

    /// <summary>Most tokens of a prompt and its answer together, special tokens included.</summary>
    public int MaxLength { get; init; } = 2048;

    /// <summary>
    /// Names of the choices by label index, or <see cref="ConfusionTable.RightOrWrong"/> where every row has options of its own; empty
    /// if there are none.
    /// </summary>
    public IReadOnlyList<string> Labels => Task is { } task ? BuiltInTask.Of(task).Labels : [.. Choices.Select(choice => choice.Label)];

    /// <summary>Whether rows are learned with the right answer alone after their prompts, and not as a choice between options.</summary>
    public bool LearnsAnswers => Objective is { } objective
        ? objective.Kind is not (ObjectiveKind.Choice or ObjectiveKind.Accuracy)
        : Task is { } task && BuiltInTask.Of(task).LearnsAnswers;

    /// <summary>
    /// Whether the model writes answers to rows, which are scored: under an objective that scores text, and where a task's answers are
    /// written freely, when it is measured.
    /// </summary>
    public bool WritesAnswers(RowUse use) => Objective is { ScoresText: true }
        || (use == RowUse.Evaluation && Task is { } task && BuiltInTask.Of(task).Labels.Count == 0);

    /// <summary>
    /// A recipe's options for a model that takes <paramref name="positions"/> tokens. Throws <see cref="BadInputException"/> when
    /// the recipe asks for longer samples than that.
    /// </summary>
    public static PromptOptions Of(Recipe recipe, int positions)
    {
        int? asked = recipe.Get(RecipeKeys.MaxLength);
        if (asked > positions) throw new BadInputException($"max_length: {asked} is more than the {positions} tokens that the model takes");
        return new PromptOptions
        {
            Task = recipe.Get(RecipeKeys.Task),
            Prompt = recipe.Get(RecipeKeys.Prompt),
            Completion = recipe.Get(RecipeKeys.Completion),
            Choices = recipe.Get(RecipeKeys.Choices) ?? [],
            Objective = recipe.Get(RecipeKeys.Objective),
            MaxNewTokens = recipe.Get(RecipeKeys.MaxNewTokens) ?? DefaultNewTokens,
            LabelField = recipe.Get(RecipeKeys.LabelField),
            MaxLength = asked ?? positions,
        };
    }
}
