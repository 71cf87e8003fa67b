using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

public class GenerateTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    [Fact]
    public void Generate_OnePrompt_PrintsItsContinuation()
    {
        var text = Generate("--prompt", "It was", "--max-new-tokens", "5").Done();
        var line = JsonDocument.Parse(Generate("--prompt", "It was", "--max-new-tokens", "5", "--json").Done()).RootElement;
        Assert.Equal(text.TrimEnd('\n'), line.GetProperty("text").GetString());
        Assert.Equal("length", line.GetProperty("finish_reason").GetString());
        Assert.Equal(5, line.GetProperty("tokens").GetInt32());
    }

    [Fact]
    public void Generate_AFileOfPrompts_PrintsALineForEach()
    {
        File.WriteAllText(run.Tiny["prompts.jsonl"], "{\"prompt\": \"one\"}\n{\"prompt\": \"two\", \"more\": 1}\n");
        var lines = Generate("--prompts", run.Tiny["prompts.jsonl"], "--max-new-tokens", "3", "--temperature", "0.8", "--seed", "5").Done();
        Assert.Equal(["one", "two"], lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("prompt").GetString()));
    }

    [Theory]
    [InlineData("nothing to continue")]
    [InlineData("--top-p", "--prompt", "a", "--top-p", "1.5")]
    [InlineData("--temperature", "--prompt", "a", "--top-k", "5")]
    [InlineData("--max-new-tokens", "--prompt", "a", "--max-new-tokens", "0")]
    public void Generate_WithABadOption_NamesIt(string named, params string[] options) => Assert.Contains(named, Generate(options).Problem(2));

    private Outcome Generate(params string[] more) => Distzo.Run(["generate", "--model", run.Output, .. more]);
}
