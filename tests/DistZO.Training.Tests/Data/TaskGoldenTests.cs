using System.Text.Json;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training.Tests;

/// <summary>Token ids and labels of whole data sets, as the reference implementation makes them.</summary>
public class TaskGoldenTests
{
    [SkippableTheory]
    [InlineData("sst2", "train", "train.jsonl")]
    [InlineData("sst2", "dev", "dev.jsonl")]
    [InlineData("trec", "train", "train.jsonl")]
    [InlineData("trec", "dev", "test.jsonl")]
    public void Load_OfATask_GivesItsIdsAndLabels(string task, string part, string file)
    {
        string data = Fixtures.RequireShared("data", task, file);
        string model = Fixtures.RequireShared("models", "base-opt");
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Fixtures.RequireShared("peers", "tasks", $"{task}.json")));
        var named = golden.RootElement.GetProperty("choices").EnumerateObject();
        var encoder = new ExampleEncoder(new TokenizerTextEncoder(Tokenizer.Load(model)), new PromptOptions
        {
            Prompt = golden.RootElement.GetProperty("template").GetString(),
            Choices = [.. named.Select(choice => new Choice(choice.Name, choice.Value.GetString()!))],
            MaxLength = 512,
        });

        AssertGolden(golden.RootElement, part, ExampleSet.Load(data, encoder, RowUse.Training).Examples);
    }

    [SkippableTheory]
    [InlineData("train", "train.jsonl")]
    [InlineData("dev", "dev.jsonl")]
    public void Load_OfTheBuiltInTask_GivesTheSame(string part, string file)
    {
        string data = Fixtures.RequireShared("data", "sst2", file);
        string model = Fixtures.RequireShared("models", "base-opt");
        using var golden = JsonDocument.Parse(File.ReadAllBytes(Fixtures.RequireShared("peers", "tasks", "sst2.json")));
        var encoder = new ExampleEncoder(
            new TokenizerTextEncoder(Tokenizer.Load(model)), new PromptOptions { Task = TaskName.Sst2, MaxLength = 512 });
        AssertGolden(golden.RootElement, part, ExampleSet.Load(data, encoder, RowUse.Evaluation).Examples);
    }

    private static void AssertGolden(JsonElement golden, string part, IReadOnlyList<EncodedExample> examples)
    {
        int[][] choices = golden.GetProperty("choice_ids").Deserialize<int[][]>()!;
        var rows = golden.GetProperty(part);
        Assert.Equal(rows.GetArrayLength(), examples.Count);
        foreach (var (row, example) in rows.EnumerateArray().Zip(examples))
        {
            Assert.Equal(row[0].Deserialize<int[]>(), example.Prompt);
            Assert.Equal(row[1].GetInt32(), example.Label);
            Assert.Equal(choices, example.Options.Select(option => option.Tokens));
            Assert.All(example.Options, option => Assert.Equal(0, option.Unscored));
        }
    }
}
