using System.Text;
using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public class ExampleEncoderTests
{
    private static readonly PromptOptions Sentiment = new()
    {
        Prompt = "{text}:",
        Choices = [new("0", " no"), new("1", " y")],
    };

    private static EncodedExample Encode(string json, PromptOptions options, LetterEncoder? tokenizer = null, RowUse use = RowUse.Training)
    {
        var row = JsonlFile.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)), "rows.jsonl").First();
        return new ExampleEncoder(tokenizer ?? LetterEncoder.Opt, options).Encode(row, RowShapes.Of(options, row), use).Single();
    }

    private static string ErrorOf(string json, PromptOptions options, LetterEncoder? tokenizer = null) =>
        Assert.Throws<BadInputException>(() => Encode(json, options, tokenizer)).Message;

    /// <summary>Ids as characters, id 2 as "^" and merged tokens in brackets.</summary>
    private static string Show(int[] ids) =>
        string.Concat(ids.Select(id => id == 2 ? "^" : id > 1000 ? $"[{(char)(id - 1000)}]" : $"{(char)id}"));

    private static string Show(EncodedExample example) =>
        Show(example.Prompt) + "|" + string.Join("|", example.Options.Select(option => Show(option.Tokens))) + $"|{example.Label}";

    [Theory]
    [InlineData("{\"text\":\"ab\",\"label\":1}", "^ab:| no| y|1")]
    [InlineData("{\"text\":\"ab\",\"label\":\"0\"}", "^ab:| no| y|0")]
    [InlineData("{\"text\":\"\",\"label\":1}", "^:| no| y|1")]
    public void Encode_Choices_SharesThePromptAndComparesLabelsAsText(string row, string expected) =>
        Assert.Equal(expected, Show(Encode(row, Sentiment)));

    [Fact]
    public void Encode_ChoicesUnderTheObjectiveAnswer_LearnsTheRightOnesTokens() =>
        Assert.Equal("^ab:| y|0", Show(Encode("{\"text\":\"ab\",\"label\":1}", Sentiment with { Objective = new RecipeObjective(ObjectiveKind.Answer) })));

    [Fact]
    public void Encode_UnderAnObjectiveThatScoresText_KeepsTheTextAndRoomToWrite()
    {
        var options = Sentiment with { Objective = new RecipeObjective(ObjectiveKind.F1), MaxLength = 8, MaxNewTokens = 5 };

        var example = Encode("{\"text\":\"abcd\",\"label\":1}", options);

        Assert.Equal("^d:| y|0", Show(example));
        Assert.Equal(("abcd:", "y", "{\"text\":\"abcd\",\"label\":1}"), (example.Text!.Prompt, Assert.Single(example.Text.References), example.Text.Row));
    }

    [Fact]
    public void Encode_HeldOutRowsUnderAnObjectiveThatScoresText_KeepsTheTextBesideTheChoice()
    {
        var options = Sentiment with { Objective = new RecipeObjective(ObjectiveKind.F1), MaxLength = 8, MaxNewTokens = 5 };
        var example = Encode("{\"text\":\"abcd\",\"label\":1}", options, use: RowUse.Evaluation);
        Assert.Equal("^d:| no| y|1", Show(example));
        Assert.Equal((true, 1), (example.IsChoice, example.Terms));
        Assert.Equal(["y"], example.Text!.References);
        Assert.Null(example.Text.Row);

        var program = options with { Objective = new RecipeObjective(ObjectiveKind.Command, ["x"]) };
        Assert.Equal("{\"text\":\"abcd\",\"label\":1}", Encode("{\"text\":\"abcd\",\"label\":1}", program, use: RowUse.Evaluation).Text!.Row);
    }

    [Fact]
    public void Encode_ATaskWhoseAnswersAreWritten_KeepsTheTextOfHeldOutRowsAlone()
    {
        const string Row = "{\"passage\":\"P\",\"question\":\"Q?\",\"answers_spans\":{\"spans\":[\"one\",\"2\"]}}";
        var options = new PromptOptions { Task = TaskName.Drop };
        Assert.Null(Encode(Row, options).Text);
        var example = Encode(Row, options, use: RowUse.Evaluation);
        Assert.Equal(["one", "2"], example.Text!.References);
        // Its loss is still that of the first answer's tokens.
        Assert.Equal(" one\n".Length, example.Terms);
    }

    [Fact]
    public void Encode_WithoutRoomToWrite_NamesTheTwoLimits() => Assert.Equal(
        "rows.jsonl:1: max_new_tokens 8 leaves no room for a prompt within max_length 8; lower max_new_tokens, or raise max_length",
        ErrorOf("{\"text\":\"abcd\",\"label\":1}", Sentiment with { Objective = new RecipeObjective(ObjectiveKind.F1), MaxLength = 8, MaxNewTokens = 8 }));

    [Fact]
    public void Encode_ChoicesFromFields_AreTemplatesToo()
    {
        var options = new PromptOptions { Prompt = "{q}", Choices = [new("a", " {x}"), new("b", " {y}")], LabelField = "right" };

        Assert.Equal("^Q?| one| two|1", Show(Encode("{\"q\":\"Q?\",\"x\":\"one\",\"y\":\"two\",\"right\":\"b\"}", options)));
    }

    [Theory]
    [InlineData("{\"text\":\"abc\"}", "^|abc|0")]
    [InlineData("{\"prompt\":\"ab\",\"completion\":\" cd\"}", "^ab| cd|0")]
    public void Encode_RowsOfTheirOwnShape_LearnWhatTheShapeSays(string row, string expected) =>
        Assert.Equal(expected, Show(Encode(row, new PromptOptions())));

    [Fact]
    public void Encode_TextWithoutSpecialTokens_LearnsAllButTheFirst() =>
        Assert.Equal("a|bc|0", Show(Encode("{\"text\":\"abc\"}", new PromptOptions(), new LetterEncoder())));

    [Fact]
    public void Encode_AnswerThatMergesWithThePrompt_KeepsTheWholeEncodingAndTheAnswersLength()
    {
        var options = new PromptOptions { Prompt = "ab#", Choices = [new("0", "xyz"), new("1", "uv")] };
        var example = Encode("{\"label\":0}", options);

        // "ab#" is 4 tokens with the leading one; "ab#xyz" is ^ab[x]yz, so only ^ab is shared and [x] belongs to the prompt.
        Assert.Equal("^ab|[x]yz|[u]v|0", Show(example));
        Assert.All(example.Options, option => Assert.Equal(1, option.Unscored));
        Assert.Equal([2, 1], example.Options.Select(option => option.Scored));
    }

    [Theory]
    [InlineData(8, "^bcd:| no| y|1")]
    [InlineData(9, "^abcd:| no| y|1")]
    [InlineData(5, "^:| no| y|1")]
    [InlineData(4, "^| no| y|1")]
    public void Encode_TooLongPrompt_LosesItsOldestTokensAfterTheLeadingOne(int maxLength, string expected) =>
        Assert.Equal(expected, Show(Encode("{\"text\":\"abcd\",\"label\":1}", Sentiment with { MaxLength = maxLength })));

    [Fact]
    public void Encode_TooLongAnswer_NamesTheRow() =>
        Assert.StartsWith("rows.jsonl:1: the answer alone takes 3 tokens",
            ErrorOf("{\"text\":\"a\",\"label\":1}", Sentiment with { MaxLength = 3 }));

    [Fact]
    public void Encode_WhereTheModelIsToWriteMoreThanThereIsRoomFor_NamesBothKeys() =>
        Assert.Equal(
            "rows.jsonl:1: max_new_tokens 50 leaves no room for a prompt within max_length 9; lower max_new_tokens, or raise max_length",
            ErrorOf("{\"prompt\":\"ab\",\"completion\":\" cd\"}", new PromptOptions { Objective = new RecipeObjective(ObjectiveKind.F1), MaxNewTokens = 50, MaxLength = 9 }));

    [Fact]
    public void Encode_TooLongText_LosesItsEnd() =>
        Assert.Equal("^|abc|0", Show(Encode("{\"text\":\"abcdef\"}", new PromptOptions { MaxLength = 4 })));

    [Theory]
    [InlineData("{\"text\":\"a\",\"label\":2}", "rows.jsonl:1: \"label\" is \"2\", which is none of the choices: \"0\", \"1\"")]
    [InlineData("{\"text\":\"a\"}", "rows.jsonl:1: there is no field \"label\"; the row has \"text\"")]
    [InlineData("{\"label\":1}", "rows.jsonl:1: the template \"prompt\" wants the field \"text\"; the row has \"label\"")]
    public void Encode_RowThatDoesNotFitTheTemplates_SaysWhy(string row, string expected) =>
        Assert.Equal(expected, ErrorOf(row, Sentiment));

    [Theory]
    [InlineData("{\"x\":1}", "rows.jsonl:1: the row has \"x\"; expected")]
    [InlineData("{\"text\":5}", "rows.jsonl:1: field \"text\" must be a string, but is a number")]
    [InlineData("{\"text\":\"\"}", "rows.jsonl:1: the text has no token to learn")]
    [InlineData("{\"prompt\":\"a\",\"completion\":\"\"}", "rows.jsonl:1: the completion becomes no token of its own")]
    [InlineData("{\"prompt\":[],\"completion\":[]}", "rows.jsonl:1: field \"prompt\" is a list of messages")]
    public void Encode_RowOfNoUse_SaysWhy(string row, string expected) =>
        Assert.StartsWith(expected, ErrorOf(row, new PromptOptions()), StringComparison.Ordinal);

    [Fact]
    public void Encode_EmptyChoice_IsNamed()
    {
        var options = Sentiment with { Choices = [new("0", " no"), new("yes", "")] };

        Assert.StartsWith("rows.jsonl:1: the choice \"yes\" becomes no token",
            ErrorOf("{\"text\":\"a\",\"label\":0}", options), StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_NothingBeforeTheAnswer_IsRefused() =>
        Assert.StartsWith("rows.jsonl:1: no token comes before the answer",
            ErrorOf("{\"prompt\":\"\",\"completion\":\"a\"}", new PromptOptions(), new LetterEncoder()));

    public static TheoryData<PromptOptions, string> Contradictions => new()
    {
        { new PromptOptions { Choices = Sentiment.Choices }, "choices: need a template \"prompt\"" },
        { new PromptOptions { Completion = "a" }, "completion: needs a template \"prompt\"" },
        { new PromptOptions { Prompt = "a" }, "prompt: needs \"choices\"" },
        { Sentiment with { Task = TaskName.Sst2 }, "task: sst2 has its own prompt and answers" },
        { Sentiment with { Completion = "a" }, "completion: cannot be used together" },
        { Sentiment with { Choices = [new("0", "a")] }, "choices: need at least two" },
        { Sentiment with { Choices = [new("0", "a"), new("0", "b")] }, "choices: the label \"0\" stands there twice" },
        { new PromptOptions { Objective = new RecipeObjective(ObjectiveKind.Accuracy) }, "objective: accuracy needs options to choose from" },
        { new PromptOptions { Task = TaskName.Squad, Objective = new RecipeObjective(ObjectiveKind.Choice) }, "objective: choice needs options to choose from" },
        { Sentiment with { MaxLength = 1 }, "max_length: must be at least 2" },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Encoder_ContradictingOptions_AreRefused(PromptOptions options, string expected)
    {
        var error = Assert.Throws<BadInputException>(() => new ExampleEncoder(LetterEncoder.Opt, options));

        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }
}
