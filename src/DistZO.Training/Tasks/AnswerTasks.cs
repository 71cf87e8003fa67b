using System.Text;

namespace DistZO.Training;

/// <summary>The tasks whose answers are texts of the row itself: sentences, names, spans.</summary>
internal static class AnswerTasks
{
    private const string Placeholder = "@placeholder";

    public static IEnumerable<RenderedRow> Copa(TaskFields row)
    {
        string question = row.Text("question");
        string conjunction = question switch
        {
            "effect" => " so",
            "cause" => " because",
            _ => throw row.Error($"field \"question\" is \"{question}\", which is neither cause nor effect"),
        };
        string premise = row.Text("premise").TrimEnd();
        if (premise.EndsWith('.')) premise = premise[..^1];
        string[] answers = [.. new[] { row.Text("choice1"), row.Text("choice2") }.Select(choice => " " + Continuing(choice))];
        yield return BuiltInTask.Row(premise + conjunction, answers, row.Label([["choice1"], ["choice2"]], "label"));
    }

    /// <summary>
    /// Flat as in Hugging Face's data set, or a passage with its queries as in SuperGLUE's files, whose spans count code points and
    /// include their end.
    /// </summary>
    public static IEnumerable<RenderedRow> Record(TaskFields row)
    {
        if (!row.HasObject("passage")) return [Record(row.Text("passage"), row.Text("query"), row.Texts("entities"), row.Texts("answers"), row)];
        var passage = row.Object("passage");
        string text = passage.Text("text");
        Rune[] runes = [.. text.EnumerateRunes()];
        string[] entities = [.. passage.Objects("entities").OrderBy(span => span.Whole("start")).Select(span => Span(runes, span))];
        return row.Objects("qas").Select(query =>
            Record(text, query.Text("query"), entities, [.. query.Objects("answers").Select(answer => answer.Text("text"))], row));
    }

    /// <summary>
    /// Flat as in Hugging Face's data set, or an article with its paragraphs as in the published files. A question without an answer, as
    /// SQuAD 2 has them, is answered "no answer".
    /// </summary>
    public static IEnumerable<RenderedRow> Squad(TaskFields row)
    {
        if (row.Has("data")) return row.Objects("data").SelectMany(Article);
        if (row.Has("paragraphs")) return Article(row);
        string[] answers = row.HasObject("answers") ? row.Object("answers").Texts("text") : [.. row.Objects("answers").Select(answer => answer.Text("text"))];
        return [Squad(row.Text("title"), row.Text("context"), row.Text("question"), answers)];
    }

    public static IEnumerable<RenderedRow> Drop(TaskFields row)
    {
        string prompt = $"Passage: {row.Text("passage")}\nQuestion: {row.Text("question").Trim()}\nAnswer:";
        string[] answers = row.Object("answers_spans").Texts("spans");
        if (answers.Length == 0) throw row.Error("field \"answers_spans.spans\" is empty; remove the row");
        yield return Free(prompt, answers);
    }

    private static IEnumerable<RenderedRow> Article(TaskFields article)
    {
        string title = article.Text("title");
        return from paragraph in article.Objects("paragraphs")
               let context = paragraph.Text("context")
               from question in paragraph.Objects("qas")
               select Squad(title, context, question.Text("question"), [.. question.Objects("answers").Select(answer => answer.Text("text"))]);
    }

    private static RenderedRow Squad(string title, string context, string question, string[] answers) => Free(
        $"Title: {title}\nContext: {context}\nQuestion: {question.Trim()}\nAnswer:", answers.Length > 0 ? answers : ["no answer"]);

    /// <summary>An answer that is written freely and ends its line; the first of those given is learned.</summary>
    private static RenderedRow Free(string prompt, string[] answers) =>
        BuiltInTask.Row(prompt, [$" {answers[0]}\n"], 0) with { References = answers };

    /// <summary>The prompt ends where the query begins, so that all of the query is scored, with each entity in it.</summary>
    private static RenderedRow Record(string passage, string query, string[] entities, string[] answers, TaskFields row)
    {
        string[] candidates = [.. entities.Distinct()];
        int[] right = [.. answers.Distinct().Select(answer => Array.IndexOf(candidates, answer)).Where(index => index >= 0)];
        if (right.Length == 0) throw row.Error("none of \"answers\" is among \"entities\"; remove the row");
        string prompt = passage.Replace("@highlight\n", "- ", StringComparison.Ordinal) + "\n-";
        string[] texts = [.. candidates.Select(entity => " " + query.Replace(Placeholder, entity, StringComparison.Ordinal))];
        return BuiltInTask.Row(prompt, texts, right[0]) with { AlsoRight = right.Length > 1 ? right[1..] : null };
    }

    private static string Span(Rune[] text, TaskFields span)
    {
        var (start, end) = (span.Whole("start"), span.Whole("end"));
        if (start < 0 || end < start || end >= text.Length) throw span.Error($"the span {start} to {end} is not in the passage of {text.Length} characters");
        return string.Concat(text[start..(end + 1)]);
    }

    /// <summary>A sentence in the midst of another: its first word in lower case, unless it is "I".</summary>
    private static string Continuing(string sentence)
    {
        string text = sentence.Trim();
        int end = text.IndexOf(' ');
        string first = end < 0 ? text : text[..end];
        return first == "I" ? text : first.ToLowerInvariant() + text[first.Length..];
    }
}
