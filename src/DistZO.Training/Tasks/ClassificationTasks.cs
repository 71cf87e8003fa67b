namespace DistZO.Training;

/// <summary>The tasks whose options are words that all rows have in common.</summary>
internal static class ClassificationTasks
{
    private static readonly string[][] NoYes = [["false", "no"], ["true", "yes"]];
    private static readonly string[] NoYesAnswers = ["No", "Yes"];

    public static IEnumerable<RenderedRow> Sst2(TaskFields row)
    {
        string prompt = $"{row.Text("sentence", "text").Trim()} It was";
        yield return BuiltInTask.Row(prompt, [" terrible", " great"], row.Label([["negative"], ["positive"]], "label"));
    }

    public static IEnumerable<RenderedRow> Rte(TaskFields row)
    {
        string prompt = $"{row.Text("premise", "sentence1")}\nDoes this mean that \"{row.Text("hypothesis", "sentence2")}\" is true? Yes or No?\n";
        yield return BuiltInTask.Row(prompt, ["Yes", "No"], row.Label([["entailment"], ["not_entailment"]], "label"));
    }

    public static IEnumerable<RenderedRow> Cb(TaskFields row)
    {
        string prompt = $"Suppose {row.Text("premise")} Can we infer that \"{row.Text("hypothesis")}\"? Yes, No, or Maybe?\n";
        yield return BuiltInTask.Row(prompt, ["Yes", "No", "Maybe"], row.Label([["entailment"], ["contradiction"], ["neutral"]], "label"));
    }

    /// <summary>The data's label 0 is "no", but MeZO's first candidate is "Yes".</summary>
    public static IEnumerable<RenderedRow> BoolQ(TaskFields row)
    {
        string question = row.Text("question");
        if (!question.EndsWith('?')) question += "?";
        string prompt = $"{row.Text("passage")} {char.ToUpperInvariant(question[0])}{question[1..]}\n";
        yield return BuiltInTask.Row(prompt, ["Yes", "No"], 1 - row.Label(NoYes, "label", "answer"));
    }

    public static IEnumerable<RenderedRow> Wsc(TaskFields row)
    {
        var spans = row.HasObject("target") ? row.Object("target") : row;
        string prompt = $"{row.Text("text")}\nIn the previous sentence, does the pronoun \"{spans.Text("span2_text").ToLowerInvariant()}\" " +
                        $"refer to {spans.Text("span1_text")}? Yes or No?\n";
        yield return BuiltInTask.Row(prompt, NoYesAnswers, row.Label(NoYes, "label"));
    }

    public static IEnumerable<RenderedRow> Wic(TaskFields row)
    {
        string prompt = $"Does the word \"{row.Text("word")}\" have the same meaning in these two sentences? Yes, No?\n" +
                        $"{row.Text("sentence1")}\n{row.Text("sentence2")}\n";
        yield return BuiltInTask.Row(prompt, NoYesAnswers, row.Label(NoYes, "label"));
    }

    /// <summary>Flat as in Hugging Face's data set, or a paragraph with its questions and their answers as in SuperGLUE's files.</summary>
    public static IEnumerable<RenderedRow> MultiRc(TaskFields row)
    {
        if (!row.HasObject("passage")) return [MultiRc(row.Text("paragraph"), row.Text("question"), row.Text("answer"), row)];
        var passage = row.Object("passage");
        string paragraph = passage.Text("text");
        return from question in passage.Objects("questions")
               from answer in question.Objects("answers")
               select MultiRc(paragraph, question.Text("question"), answer.Text("text"), answer);
    }

    private static RenderedRow MultiRc(string paragraph, string question, string answer, TaskFields labelled)
    {
        string prompt = $"{paragraph}\nQuestion: {question}\nI found this answer \"{answer}\". Is that correct? Yes or No?\n";
        return BuiltInTask.Row(prompt, NoYesAnswers, labelled.Label(NoYes, "label"));
    }
}
