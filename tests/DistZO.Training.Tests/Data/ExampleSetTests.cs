using System.Buffers.Binary;
using System.Security.Cryptography;
using DistZO.Devices;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

public class ExampleSetTests
{
    private static readonly PromptOptions Options = new() { Prompt = "{text}", Choices = [new("0", " n"), new("1", " y")] };

    private static ExampleSet Load(PromptOptions options, params string[] lines)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["rows.jsonl"], lines);
        return ExampleSet.Load(folder["rows.jsonl"], new ExampleEncoder(LetterEncoder.Opt, options), RowUse.Training);
    }

    [Fact]
    public void Digest_OfOneExample_IsTheHashOfTheDocumentedBytes()
    {
        int[] numbers = [1, 1, 2, 2, 'a', 2, 0, 2, ' ', 'n', 0, 2, ' ', 'y'];
        byte[] bytes = new byte[18 + numbers.Length * 4];
        "distzo-examples-v1"u8.CopyTo(bytes);
        for (int i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(18 + i * 4), numbers[i]);

        Assert.Equal(SHA256.HashData(bytes), Load(Options, "{\"text\":\"a\",\"label\":1}").Digest());
    }

    [Fact]
    public void Digest_DependsOnIdsLabelsAndOrder()
    {
        const string A = "{\"text\":\"a\",\"label\":1}", B = "{\"text\":\"b\",\"label\":1}", C = "{\"text\":\"a\",\"label\":0}";
        ExampleSet[] sets = [Load(Options, A, B), Load(Options, B, A), Load(Options, C, B), Load(Options, A)];

        Assert.Equal(4, sets.Select(set => Convert.ToHexString(set.Digest())).Distinct().Count());
    }

    [Fact]
    public void Digest_UnderAnObjectiveThatScoresText_DependsOnTheWholeRow()
    {
        var scored = Options with { Objective = new RecipeObjective(ObjectiveKind.F1) };
        const string A = "{\"text\":\"a\",\"label\":1,\"x\":1}", B = "{\"text\":\"a\",\"label\":1,\"x\":2}";

        Assert.Equal(Load(Options, A).Digest(), Load(Options, B).Digest());
        Assert.NotEqual(Load(scored, A).Digest(), Load(scored, B).Digest());
    }

    [Fact]
    public void Digest_OfFurtherRightOptions_DependsOnThem()
    {
        var record = new PromptOptions { Task = TaskName.Record, Objective = new RecipeObjective(ObjectiveKind.Accuracy) };
        string[] rows = [.. new[] { "[\"A\"]", "[\"A\",\"B\"]", "[\"A\",\"C\"]" }.Select(right =>
            "{\"passage\":\"P\",\"query\":\"@placeholder\",\"entities\":[\"A\",\"B\",\"C\"],\"answers\":" + right + "}")];

        Assert.Equal(3, rows.Select(row => Convert.ToHexString(Load(record, row).Digest())).Distinct().Count());
    }

    [Fact]
    public void Load_RowOfAnotherShapeThanTheFirst_NamesItsLine()
    {
        var error = Assert.Throws<BadInputException>(() =>
            Load(new PromptOptions(), "{\"text\":\"a\"}", "{\"prompt\":\"a\",\"completion\":\"b\"}"));

        Assert.EndsWith(":2: there is no field \"text\"; the row has \"prompt\", \"completion\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireBatchSize_OfMoreTermsThanASumHolds_IsRefused()
    {
        var set = Load(new PromptOptions(), "{\"text\":\"abcd\"}", "{\"text\":\"a\"}");

        set.RequireBatchSize(1 << 18);
        var error = Assert.Throws<BadInputException>(() => set.RequireBatchSize((1 << 18) + 1));

        Assert.StartsWith("batch_size: 262145 rows of ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("can have 1048580 loss terms, more than 1048576; lower batch_size or max_length", error.Message);
    }

    [Fact]
    public void RequireBatchSize_OfWrittenAnswers_CountsOneTermARow() => Load(
        Options with { Objective = new RecipeObjective(ObjectiveKind.F1) }, "{\"text\":\"a\",\"label\":1}").RequireBatchSize(ExampleSet.MostTerms);

    [Fact]
    public void RequireVocabulary_OfTooFewRows_NamesTheLineAndTheId()
    {
        var set = Load(Options, "{\"text\":\"a\",\"label\":1}", "{\"text\":\"z\",\"label\":1}");

        set.RequireVocabulary('z' + 1);
        var error = Assert.Throws<BadInputException>(() => set.RequireVocabulary('z'));

        Assert.Contains($":2: holds the token id {(int)'z'}, but the model's embedding has {(int)'z'} rows", error.Message);
    }
}
