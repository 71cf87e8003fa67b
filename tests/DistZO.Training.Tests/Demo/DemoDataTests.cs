using System.Text.Json;
using System.Text.RegularExpressions;

namespace DistZO.Training.Tests.Demo;

/// <summary>Holds the demo's data set to what its README claims; a gain on held-out rows means little if they resemble the others.</summary>
public sealed partial class DemoDataTests
{
    private static readonly string Folder = Path.Combine(Fixtures.Repository, "examples", "support-tickets");

    [Fact]
    public void DemoData_TrainAndDev_ShareNoNearDuplicates()
    {
        var texts = Read("train.jsonl").Concat(Read("dev.jsonl")).Select(row => row.Text).ToArray();
        var words = texts.Select(text => Words().Matches(text.ToLowerInvariant()).Select(match => match.Value).ToHashSet()).ToArray();

        // Pairs inside a file count too: a data set that repeats itself is smaller than it looks.
        for (var i = 0; i < words.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var common = words[i].Count(words[j].Contains);
                var similarity = (double)common / (words[i].Count + words[j].Count - common);
                Assert.True(similarity < 0.5, $"{similarity:0.00}: \"{texts[i]}\" and \"{texts[j]}\"");
            }
        }
    }

    [Theory]
    [InlineData("train.jsonl", 175)]
    [InlineData("dev.jsonl", 50)]
    public void DemoData_EachFile_HoldsTheFourQueuesEvenlyAndMixed(string file, int rowsPerQueue)
    {
        var queues = Read(file).Select(row => row.Queue).ToArray();

        Assert.Equal(
            new[] { ("account", rowsPerQueue), ("billing", rowsPerQueue), ("shipping", rowsPerQueue), ("technical", rowsPerQueue) },
            queues.GroupBy(queue => queue).Select(group => (group.Key, group.Count())).Order());
        var changes = queues.Zip(queues.Skip(1)).Count(pair => pair.First != pair.Second);
        Assert.InRange(changes, queues.Length / 2, queues.Length);
    }

    private static List<(string Text, string Queue)> Read(string file) =>
        File.ReadLines(Path.Combine(Folder, file))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Select(row => (row.GetProperty("text").GetString()!, row.GetProperty("queue").GetString()!))
            .ToList();

    [GeneratedRegex("[a-z0-9']+")]
    private static partial Regex Words();
}
