using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>
/// A task of MeZO (Malladi et al., NeurIPS 2023, appendix E.2; prompts and label words of its released templates): how the rows of the
/// public data set become prompts and answers, and what is learned and measured.
/// </summary>
public sealed class BuiltInTask
{
    private static readonly Dictionary<TaskName, BuiltInTask> All = new BuiltInTask[]
    {
        new(TaskName.Sst2, ["0", "1"], "sentence, label", ClassificationTasks.Sst2),
        new(TaskName.Rte, ["0", "1"], "premise, hypothesis, label", ClassificationTasks.Rte),
        new(TaskName.Cb, ["0", "1", "2"], "premise, hypothesis, label", ClassificationTasks.Cb),
        new(TaskName.BoolQ, ["Yes", "No"], "passage, question, label", ClassificationTasks.BoolQ),
        new(TaskName.Wsc, ["0", "1"], "text, span1_text, span2_text, label", ClassificationTasks.Wsc),
        new(TaskName.Wic, ["0", "1"], "word, sentence1, sentence2, label", ClassificationTasks.Wic),
        new(TaskName.MultiRc, ["0", "1"], "paragraph, question, answer, label", ClassificationTasks.MultiRc),
        new(TaskName.Copa, ["choice1", "choice2"], "premise, choice1, choice2, question, label", AnswerTasks.Copa) { LearnsAnswers = true },
        new(TaskName.Record, ConfusionTable.RightOrWrong, "passage, query, entities, answers", AnswerTasks.Record) { LearnsAnswers = true },
        new(TaskName.Squad, [], "title, context, question, answers.text", AnswerTasks.Squad) { LearnsAnswers = true },
        new(TaskName.Drop, [], "passage, question, answers_spans.spans", AnswerTasks.Drop) { LearnsAnswers = true },
    }.ToDictionary(task => task.Name);

    private readonly Func<TaskFields, IEnumerable<RenderedRow>> _render;

    private BuiltInTask(TaskName name, IReadOnlyList<string> labels, string fields, Func<TaskFields, IEnumerable<RenderedRow>> render) =>
        (Name, Labels, Fields, _render) = (name, labels, fields, render);

    public TaskName Name { get; }

    /// <summary>The name as the recipe writes it.</summary>
    public string Word => RecipeKeys.TaskWord(Name);

    /// <summary>
    /// Names of the options by index; <see cref="ConfusionTable.RightOrWrong"/> where every row has options of its own; empty where the
    /// answer is written freely.
    /// </summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The fields that a row has, for people.</summary>
    public string Fields { get; }

    /// <summary>
    /// Whether the tokens of the right answer are learned (teacher forcing), as MeZO does where options are sentences; else the choice
    /// between the options is.
    /// </summary>
    public bool LearnsAnswers { get; private init; }

    /// <summary>The task of a name.</summary>
    public static BuiltInTask Of(TaskName name) => All[name];

    /// <summary>The examples of a row. Throws <see cref="Devices.BadInputException"/> naming file, line, field and task.</summary>
    internal IEnumerable<RenderedRow> Render(JsonlRow row) => _render(new TaskFields(row, Word));

    /// <summary>
    /// A row with the spaces around its prompt, and those behind its answers, gone, as in MeZO's code: a space before an answer belongs to
    /// the answer's first token.
    /// </summary>
    internal static RenderedRow Row(string prompt, string[] answers, int label) =>
        new(prompt.TrimStart().TrimEnd(' '), [.. answers.Select(answer => answer.TrimEnd(' '))], label);
}
