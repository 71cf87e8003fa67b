using System.Text.Json;
using DistZO.Devices;
using DistZO.Models.Chat;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>A row as text. Without a prompt the answer is all there is (language modelling).</summary>
/// <param name="Prompt">What the answers follow.</param>
/// <param name="Answers">One, or one for each choice.</param>
/// <param name="Label">Index of the right one.</param>
/// <param name="HoldsSpecialTokens">The text holds all its special tokens, so that the tokenizer adds none.</param>
internal readonly record struct RenderedRow(string? Prompt, string[] Answers, int Label, bool HoldsSpecialTokens = false)
{
    /// <summary>Further answers that are right too; null for none.</summary>
    public int[]? AlsoRight { get; init; }

    /// <summary>All that is right, if more than the answers that are right; null for those.</summary>
    public string[]? References { get; init; }

    /// <summary>The right answers as people would write them: without white space around them.</summary>
    public string[] RightAnswers
    {
        get
        {
            string[] answers = Answers;
            return References ?? [Answer.Trim(), .. (AlsoRight ?? []).Select(i => answers[i].Trim())];
        }
    }

    /// <summary>The right answer.</summary>
    public string Answer => Answers[Label];

    /// <summary>The row with the right answer as its only one.</summary>
    public RenderedRow OnlyRight => new(Prompt, [Answer], 0, HoldsSpecialTokens);
}

/// <summary>Turns rows into text by their shape, the templates of the recipe, and the chat template of the model.</summary>
internal sealed class RowRenderer
{
    private readonly PromptOptions _options;
    private readonly BuiltInTask? _task;
    private readonly PromptTemplate? _prompt;
    private readonly PromptTemplate? _completion;
    private readonly PromptTemplate[] _choices;
    private readonly Dictionary<string, int> _labels;
    private readonly ConversationRenderer _conversations;

    /// <param name="options">The templates of the recipe.</param>
    /// <param name="chat">The model's chat template, loaded for the first row that needs it; null where there is no model.</param>
    public RowRenderer(PromptOptions options, Lazy<ChatTemplate>? chat = null)
    {
        Check(options);
        _conversations = new ConversationRenderer(chat);
        _options = options;
        _task = options.Task is { } task ? BuiltInTask.Of(task) : null;
        _prompt = options.Prompt is null ? null : new PromptTemplate(options.Prompt, "prompt");
        _completion = options.Completion is null ? null : new PromptTemplate(options.Completion, "completion");
        _choices = [.. options.Choices.Select(choice => new PromptTemplate(choice.Text, $"choices.{choice.Label}"))];
        _labels = [];
        for (int i = 0; i < options.Choices.Count; i++)
        {
            if (!_labels.TryAdd(options.Choices[i].Label, i))
            {
                throw new BadInputException($"choices: the label \"{options.Choices[i].Label}\" stands there twice");
            }
        }
    }

    /// <summary>The examples of a row: one, but for tasks whose published files nest several in a line.</summary>
    public IEnumerable<RenderedRow> Render(JsonlRow row, RowShape shape) => _task is null ? [RenderOne(row, shape)] : _task.Render(row);

    private RenderedRow RenderOne(JsonlRow row, RowShape shape) => shape switch
    {
        RowShape.Choices => new(_prompt!.Render(row), [.. _choices.Select(choice => choice.Render(row))], LabelOf(row)),
        RowShape.Completion when _prompt is not null => new(_prompt.Render(row), [_completion!.Render(row)], 0),
        RowShape.Completion => new(Plain(row, "prompt"), [Plain(row, "completion")], 0),
        RowShape.Messages => _conversations.Render(row),
        _ => new(null, [row.String("text")], 0),
    };

    private static void Check(PromptOptions options)
    {
        bool choices = options.Choices.Count > 0;
        if (options.Task is { } task && (choices || options.Prompt is not null || options.Completion is not null))
        {
            throw new BadInputException(
                $"task: {RecipeKeys.TaskWord(task)} has its own prompt and answers; leave prompt, completion and choices away, or the task");
        }
        if (options.Objective is { Kind: ObjectiveKind.Choice or ObjectiveKind.Accuracy } && options.Labels.Count == 0)
        {
            throw new BadInputException(
                $"objective: {options.Objective.Word} needs options to choose from; " +
                "give choices, or a task that has some ('distzo tasks')");
        }
        if (options.Prompt is null && choices) throw new BadInputException("choices: need a template \"prompt\" that they follow");
        if (options.Prompt is null && options.Completion is not null)
        {
            throw new BadInputException("completion: needs a template \"prompt\" that it follows");
        }
        if (options.Prompt is not null && !choices && options.Completion is null)
        {
            throw new BadInputException("prompt: needs \"choices\", or a template \"completion\", to follow it");
        }
        if (choices && options.Completion is not null) throw new BadInputException("completion: cannot be used together with \"choices\"");
        if (options.Choices.Count == 1) throw new BadInputException("choices: need at least two; use \"completion\" for a single one");
        if (options.MaxLength < 2) throw new BadInputException($"max_length: must be at least 2, but is {options.MaxLength}");
    }

    private int LabelOf(JsonlRow row)
    {
        string label = row.Text(_options.LabelField);
        return _labels.TryGetValue(label, out int index)
            ? index
            : throw row.Error($"\"{_options.LabelField}\" is \"{label}\", which is none of the choices: " +
                              string.Join(", ", _options.Choices.Select(choice => $"\"{choice.Label}\"")));
    }

    private static string Plain(JsonlRow row, string field) => row[field].ValueKind == JsonValueKind.Array
        ? throw row.Error($"field \"{field}\" is a list of messages; put the whole conversation into one field \"messages\" instead")
        : row.String(field);
}
