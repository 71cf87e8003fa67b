using System.Text;
using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

/// <summary>Prompts and answers of every task, as MeZO's templates make them of the same rows.</summary>
public class TaskTests
{
    private const string Nli = "{\"premise\":\"It rains.\",\"hypothesis\":\"Wet\",\"idx\":3,\"label\":LABEL}";
    private const string Record =
        "{\"passage\":\"Ann met Bob.\\n@highlight\\nBob is old\",\"query\":\"@placeholder paid\",\"entities\":[\"Ann\",\"Bob\",\"Cy\",\"Bob\"],\"answers\":[\"Bob\",\"Cy\"]}";

    private static JsonlRow Row(string json) => JsonlFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)), "rows.jsonl").First();

    private static RenderedRow[] Render(TaskName task, string json) => [.. BuiltInTask.Of(task).Render(Row(json))];

    private static string Show(RenderedRow row) =>
        $"{row.Prompt}<{string.Join("|", row.Answers)}>{string.Join(",", new[] { row.Label }.Concat(row.AlsoRight ?? []))}";

    private static string ErrorOf(TaskName task, string json) => Assert.Throws<BadInputException>(() => Render(task, json)).Message;

    [Theory]
    [InlineData(TaskName.Sst2, "{\"idx\":0,\"sentence\":\" a fine film \",\"label\":1}", "a fine film It was< terrible| great>1")]
    [InlineData(TaskName.Sst2, "{\"text\":\"dull\",\"label\":\"negative\"}", "dull It was< terrible| great>0")]
    [InlineData(TaskName.BoolQ, "{\"passage\":\"P.\",\"question\":\"is it so\",\"label\":1}", "P. Is it so?\n<Yes|No>0")]
    [InlineData(TaskName.BoolQ, "{\"passage\":\"P.\",\"question\":\"is it so?\",\"answer\":false}", "P. Is it so?\n<Yes|No>1")]
    [InlineData(TaskName.Wsc, "{\"text\":\"T it.\",\"span1_text\":\"The Tree\",\"span2_text\":\"It\",\"span1_index\":0,\"label\":1}",
        "T it.\nIn the previous sentence, does the pronoun \"it\" refer to The Tree? Yes or No?\n<No|Yes>1")]
    [InlineData(TaskName.Wsc, "{\"text\":\"T it.\",\"target\":{\"span1_text\":\"T\",\"span2_text\":\"it\"},\"label\":false}",
        "T it.\nIn the previous sentence, does the pronoun \"it\" refer to T? Yes or No?\n<No|Yes>0")]
    [InlineData(TaskName.Wic, "{\"word\":\"bank\",\"sentence1\":\"A.\",\"sentence2\":\"B.\",\"start1\":2,\"end1\":3,\"label\":true}",
        "Does the word \"bank\" have the same meaning in these two sentences? Yes, No?\nA.\nB.\n<No|Yes>1")]
    [InlineData(TaskName.MultiRc, "{\"paragraph\":\"P\",\"question\":\"Q?\",\"answer\":\"A\",\"label\":0}",
        "P\nQuestion: Q?\nI found this answer \"A\". Is that correct? Yes or No?\n<No|Yes>0")]
    [InlineData(TaskName.Copa, "{\"premise\":\"The man slept. \",\"choice1\":\"He was tired.\",\"choice2\":\"I woke him.\",\"question\":\"cause\",\"label\":0}",
        "The man slept because< he was tired.| I woke him.>0")]
    [InlineData(TaskName.Copa, "{\"premise\":\"It rained\",\"choice1\":\"A\",\"choice2\":\"Élan won.\",\"question\":\"effect\",\"label\":\"1\"}",
        "It rained so< a| élan won.>1")]
    [InlineData(TaskName.Record, Record, "Ann met Bob.\n- Bob is old\n-< Ann paid| Bob paid| Cy paid>1,2")]
    [InlineData(TaskName.Squad, "{\"id\":\"x\",\"title\":\"T\",\"context\":\"C\",\"question\":\" Q? \",\"answers\":{\"text\":[\"one\",\"two\"],\"answer_start\":[1,2]}}",
        "Title: T\nContext: C\nQuestion: Q?\nAnswer:< one\n>0")]
    [InlineData(TaskName.Squad, "{\"title\":\"T\",\"context\":\"C\",\"question\":\"Q?\",\"answers\":{\"text\":[]}}",
        "Title: T\nContext: C\nQuestion: Q?\nAnswer:< no answer\n>0")]
    [InlineData(TaskName.Drop, "{\"passage\":\"P\",\"question\":\"Q?\",\"answers_spans\":{\"spans\":[\"3\",\"three\"],\"types\":[\"number\"]}}",
        "Passage: P\nQuestion: Q?\nAnswer:< 3\n>0")]
    public void Render_RowOfTheDataSet_GivesPromptAndAnswers(TaskName task, string row, string expected) =>
        Assert.Equal(expected, Show(Assert.Single(Render(task, row))));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("\"1\"", 1)]
    [InlineData("\"entailment\"", 0)]
    [InlineData("\"not_entailment\"", 1)]
    public void Render_Rte_TakesLabelsAsNumbersAndWords(string label, int expected) => Assert.Equal(
        $"It rains.\nDoes this mean that \"Wet\" is true? Yes or No?\n<Yes|No>{expected}",
        Show(Assert.Single(Render(TaskName.Rte, Nli.Replace("LABEL", label)))));

    [Theory]
    [InlineData("0", 0)]
    [InlineData("\"contradiction\"", 1)]
    [InlineData("\"Neutral\"", 2)]
    public void Render_Cb_HasThreeLabels(string label, int expected) => Assert.Equal(
        $"Suppose It rains. Can we infer that \"Wet\"? Yes, No, or Maybe?\n<Yes|No|Maybe>{expected}",
        Show(Assert.Single(Render(TaskName.Cb, Nli.Replace("LABEL", label)))));

    [Fact]
    public void Render_MultiRcAsSuperGluePublishesIt_GivesAnExampleForEveryAnswer()
    {
        const string Nested =
            "{\"idx\":0,\"passage\":{\"text\":\"P\",\"questions\":[{\"question\":\"Q1\",\"answers\":[{\"text\":\"a\",\"label\":0},{\"text\":\"b\",\"label\":1}]}," +
            "{\"question\":\"Q2\",\"answers\":[{\"text\":\"c\",\"label\":1}]}]}}";
        Assert.Equal(
            [("Q1", "a", 0), ("Q1", "b", 1), ("Q2", "c", 1)],
            Render(TaskName.MultiRc, Nested).Select(row => (row.Prompt!.Split('\n')[1]["Question: ".Length..], row.Prompt.Split('"')[1], row.Label)));
    }

    [Fact]
    public void Render_RecordAsSuperGluePublishesIt_CutsSpansByCodePoints()
    {
        const string Nested =
            "{\"passage\":{\"text\":\"😀 Ann met Bob\",\"entities\":[{\"start\":10,\"end\":12},{\"start\":2,\"end\":4}]}," +
            "\"qas\":[{\"query\":\"@placeholder paid\",\"answers\":[{\"start\":10,\"end\":12,\"text\":\"Bob\"}]}]}";
        Assert.Equal("😀 Ann met Bob\n-< Ann paid| Bob paid>1", Show(Assert.Single(Render(TaskName.Record, Nested))));
    }

    [Fact]
    public void Render_SquadAsPublished_GivesAnExampleForEveryQuestion()
    {
        const string Nested =
            "{\"version\":\"1.1\",\"data\":[{\"title\":\"T\",\"paragraphs\":[{\"context\":\"C\",\"qas\":[{\"question\":\"Q1\",\"answers\":[{\"text\":\"a\",\"answer_start\":0}]}," +
            "{\"question\":\"Q2\",\"answers\":[{\"text\":\"b\",\"answer_start\":1}]}]}]}]}";
        Assert.Equal(
            ["Title: T\nContext: C\nQuestion: Q1\nAnswer:< a\n>0", "Title: T\nContext: C\nQuestion: Q2\nAnswer:< b\n>0"],
            Render(TaskName.Squad, Nested).Select(Show));
    }

    [Theory]
    [InlineData(TaskName.Sst2, "\n{\"idx\":1,\"label\":1}", "rows.jsonl:2: task sst2: wants the field \"sentence\" or \"text\"; the row has \"idx\", \"label\"")]
    [InlineData(TaskName.Sst2, "{\"sentence\":5,\"label\":1}", "rows.jsonl:1: task sst2: field \"sentence\" must be a string, but is a number")]
    [InlineData(TaskName.Rte, "{\"premise\":\"a\",\"hypothesis\":\"b\"}", "rows.jsonl:1: task rte: wants the field \"label\"; the row has \"premise\", \"hypothesis\"")]
    [InlineData(TaskName.Rte, "{\"premise\":\"a\",\"hypothesis\":\"b\",\"label\":-1}",
        "rows.jsonl:1: task rte: field \"label\" is -1, which is none of 0 (entailment), 1 (not_entailment); rows without a label, as in test files, cannot be used")]
    [InlineData(TaskName.Cb, "{\"premise\":\"a\",\"hypothesis\":\"b\",\"label\":3}",
        "rows.jsonl:1: task cb: field \"label\" is 3, which is none of 0 (entailment), 1 (contradiction), 2 (neutral)")]
    [InlineData(TaskName.Copa, "{\"question\":\"why\"}", "rows.jsonl:1: task copa: field \"question\" is \"why\", which is neither cause nor effect")]
    [InlineData(TaskName.BoolQ, "{\"passage\":\"a\",\"question\":null,\"label\":1}",
        "rows.jsonl:1: task boolq: wants the field \"question\"; the row has \"passage\", \"question\", \"label\"")]
    [InlineData(TaskName.Squad, "{\"title\":\"T\",\"context\":\"C\",\"question\":\"Q\",\"answers\":{}}",
        "rows.jsonl:1: task squad: wants the field \"answers.text\"; the row has no fields at answers")]
    [InlineData(TaskName.Record, "{\"passage\":\"a\",\"query\":\"b\",\"entities\":[\"X\"],\"answers\":[\"Y\"]}",
        "rows.jsonl:1: task record: none of \"answers\" is among \"entities\"; remove the row")]
    [InlineData(TaskName.Record, "{\"passage\":\"a\",\"query\":\"b\",\"entities\":[\"X\",1],\"answers\":[\"X\"]}",
        "rows.jsonl:1: task record: field \"entities[1]\" must be a string, but is a number")]
    [InlineData(TaskName.MultiRc, "{\"passage\":{\"text\":\"P\",\"questions\":[{\"question\":\"Q\"}]}}",
        "rows.jsonl:1: task multirc: wants the field \"passage.questions[0].answers\"; the row has \"question\" at passage.questions[0]")]
    public void Render_RowThatIsNotTheTasks_NamesFileLineFieldAndTask(TaskName task, string row, string expected) =>
        Assert.Equal(expected, ErrorOf(task, row));

    [Theory]
    [InlineData(TaskName.Copa, "{\"premise\":\"P.\",\"choice1\":\"A b\",\"choice2\":\"C d\",\"question\":\"effect\",\"label\":1}", "^P so|c d")]
    [InlineData(TaskName.Record, Record, "^Ann met Bob.\n- Bob is old\n-|Bob paid")]
    public void Encode_TaskThatLearnsAnswers_TrainsOnTheRightOneAndMeasuresAll(TaskName task, string json, string learned)
    {
        var encoder = new ExampleEncoder(LetterEncoder.Opt, new PromptOptions { Task = task });
        var row = Row(json);
        var training = encoder.Encode(row, RowShape.Choices, RowUse.Training).Single();
        var evaluation = encoder.Encode(row, RowShape.Choices, RowUse.Evaluation).Single();
        string[] parts = learned.Split('|');
        Assert.Equal(parts[0], Text(training.Prompt));
        Assert.Equal(" " + parts[1], Text(Assert.Single(training.Options).Tokens));
        Assert.False(training.IsChoice);
        Assert.True(evaluation.IsChoice);
        Assert.Equal(" " + parts[1], Text(evaluation.Options[evaluation.Label].Tokens));
    }

    [Fact]
    public void Encode_UnderTheObjectiveAccuracy_TrainsOnAllOptions_EvenOfOne()
    {
        const string Single = "{\"passage\":\"A.\",\"query\":\"@placeholder\",\"entities\":[\"A\"],\"answers\":[\"A\"]}";
        var encoder = new ExampleEncoder(LetterEncoder.Opt, new PromptOptions { Task = TaskName.Record, Objective = new RecipeObjective(ObjectiveKind.Accuracy) });
        var (three, one) = (encoder.Encode(Row(Record), RowShape.Choices, RowUse.Training).Single(), encoder.Encode(Row(Single), RowShape.Choices, RowUse.Training).Single());
        Assert.Equal((3, true, 1), (three.Options.Length, three.IsChoice, three.Terms));
        Assert.Equal((1, true, 1), (one.Options.Length, one.IsChoice, one.Terms));
    }

    [Fact]
    public void Load_OfRowsWithOptionsOfTheirOwn_CountsRightAndWrong()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["dev.jsonl"], Record);
        var set = ExampleSet.Load(
            folder["dev.jsonl"], new ExampleEncoder(LetterEncoder.Opt, new PromptOptions { Task = TaskName.Record }), RowUse.Evaluation);
        Assert.Equal(["right", "wrong"], set.Labels);
        Assert.Equal([(0, 1), (0, 0), (0, 0)], Enumerable.Range(0, 3).Select(option => set.Cell(set.Examples[0], option)));
    }

    [Fact]
    public void Tasks_AreThoseWhoseRowsHaveChoicesByTheRecipe() => Assert.All(
        Enum.GetValues<TaskName>(),
        task =>
        {
            var recipe = Recipe.Default.With(RecipeKeys.Task, task);
            Assert.Equal(recipe.HasChoices, BuiltInTask.Of(task).Labels.Count > 0);
            Assert.Equal(recipe.AnswerMetrics.Count > 0, PromptOptions.Of(recipe, 100).WritesAnswers(RowUse.Evaluation));
        });

    private static string Text(int[] ids) => string.Concat(ids.Select(id => id == 2 ? '^' : (char)id));
}
