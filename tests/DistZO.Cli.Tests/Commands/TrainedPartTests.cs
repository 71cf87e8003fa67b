using System.Text.Json;
using DistZO.Models;

namespace DistZO.Cli.Tests.Commands;

/// <summary>Runs that train a part of the model: what holds for full runs holds for them.</summary>
public sealed class TrainedPartTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    [Theory]
    [InlineData("lora", "--lora-r", "2")]
    [InlineData("prefix", "--num-virtual-tokens", "3")]
    [InlineData("prompt")]
    [InlineData("bitfit")]
    [InlineData("layers=1")]
    public void Train_OfAPart_ResumesReplaysAndVerifies(string part, params string[] more)
    {
        string[] options = ["--train", part, .. more, "--save-steps", "3", "--learning-rate", "1e-2", "--zo-eps", "1e-2"];
        var whole = _tiny.Trained("whole", 8, options);
        _tiny.Trained("resumed", 5, options);
        Distzo.Run(_tiny.Train("resumed", 8, options)).Done();
        Assert.Equal(_tiny.Ledger("whole"), _tiny.Ledger("resumed"));
        Distzo.Run("replay", _tiny.LedgerPath("whole"), "--model", _tiny.Model, "--output", _tiny["replayed"]).Done();
        foreach (var file in new[] { "model.safetensors", Path.Combine("adapter", "adapter_model.safetensors") })
        {
            Assert.Equal(part is "lora" or "prefix" or "prompt" || file[0] == 'm', File.Exists(Path.Combine(whole, file)) || part is "prefix" or "prompt");
            if (!File.Exists(Path.Combine(whole, file))) continue;
            var expected = File.ReadAllBytes(Path.Combine(whole, file));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(_tiny["resumed"], file)));
            Assert.Equal(expected, File.ReadAllBytes(Path.Combine(_tiny["replayed"], file)));
        }

        Distzo.Run("verify", _tiny.LedgerPath("whole"), "--model", _tiny.Model, "--data", _tiny.Data, "--samples", "3").Done();
        Distzo.Run("fork", _tiny.LedgerPath("whole"), "--step", "4", "--model", _tiny.Model, "--data", _tiny.Data, "--output", _tiny["fork"], "--max-steps", "9").Done();
    }

    [Fact]
    public void Train_WithLora_WritesWhatPeftReads()
    {
        var output = _tiny.Trained("out", 3, "--train", "lora", "--lora-alpha", "4");
        var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "adapter", "adapter_config.json"))).RootElement;
        Assert.Equal("LORA", config.GetProperty("peft_type").GetString());
        Assert.Equal(["q_proj", "v_proj"], config.GetProperty("target_modules").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal((8, 4), (config.GetProperty("r").GetInt32(), config.GetProperty("lora_alpha").GetInt32()));
        using var adapter = SafetensorsFile.Open(Path.Combine(output, "adapter", "adapter_model.safetensors"));
        Assert.All(adapter.Entries, entry => Assert.StartsWith("base_model.model.model.decoder.layers.", entry.Name));
        // What is frozen is in the merged model as it was.
        Assert.NotEqual(File.ReadAllBytes(Path.Combine(_tiny.Model, "model.safetensors")), _tiny.Weights("out"));
        var evaluated = JsonDocument.Parse(Distzo.Run(
            "evaluate", "--model", output, "--data", _tiny.Held, "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}", "--json").Done()).RootElement;
        var last = JsonDocument.Parse(File.ReadLines(Path.Combine(output, "metrics.jsonl")).Last()).RootElement;
        Assert.Equal(last.GetProperty("eval_loss").GetDouble(), evaluated.GetProperty("loss").GetDouble(), 1e-4);
    }

    [Fact]
    public void Train_WithAPrefix_WritesWhatPeftReads()
    {
        var output = _tiny.Trained("out", 3, "--train", "prefix");
        var config = JsonDocument.Parse(File.ReadAllText(Path.Combine(output, "adapter", "adapter_config.json"))).RootElement;
        Assert.Equal("PREFIX_TUNING", config.GetProperty("peft_type").GetString());
        using var adapter = SafetensorsFile.Open(Path.Combine(output, "adapter", "adapter_model.safetensors"));
        var table = Assert.Single(adapter.Entries);
        Assert.Equal("prompt_embeddings", table.Name);
        Assert.Equal([5, 2 * config.GetProperty("num_layers").GetInt64() * config.GetProperty("token_dim").GetInt64()], table.Shape);
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("prefix")]
    [InlineData("prompt")]
    public void Replay_BesideTheInitialValues_ReadsThem(string part)
    {
        var output = _tiny.Trained("out", 3, "--train", part);
        var path = Path.Combine(output, "init.safetensors");
        string[] replay = ["replay", _tiny.LedgerPath("out"), "--model", _tiny.Model, "--output", _tiny["replayed"]];
        var with = Distzo.Run(replay).Done();
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("init.safetensors", Distzo.Run(replay).Problem(2));
        File.Delete(path);
        Assert.Equal(with, Distzo.Run(replay).Done());
    }

    [Theory]
    [InlineData("layers=7", "layer 7")]
    [InlineData("layers=1-", "train")]
    [InlineData("adapters", "train")]
    public void Train_OfAPartThatIsNone_IsRefused(string part, string named) =>
        Assert.Contains(named, Distzo.Run(_tiny.Train("out", 3, "--train", part)).Problem(2));

    [Fact]
    public void Train_OfAnotherPartThanTheRun_IsRefusedByName()
    {
        _tiny.Trained("out", 3, "--train", "lora");
        Assert.Contains("lora_r", Distzo.Run(_tiny.Train("out", 4, "--train", "lora", "--lora-r", "4")).Problem(2));
    }

    [Theory]
    [InlineData("layers=1", "--train", "layers=1-1")]
    [InlineData("lora", "--lora-r", "8", "--lora-alpha", "16.0")]
    public void Train_BySettingsOfOneMeaning_IsOneRun(string part, params string[] other)
    {
        _tiny.Trained("out", 3, "--train", part);
        Assert.Contains("finished already: 3 steps", Distzo.Run(_tiny.Train("out", 3, [.. other.Contains("--train") ? [] : new[] { "--train", part }, .. other])).Error);
    }

    [Fact]
    public void Train_WithAKeyOfAnotherPart_IsRefusedBeforeAnythingIsOpened() => Assert.Contains(
        "lora_r has no meaning with train: full",
        Distzo.Run("train", "--model", "nowhere", "--data", "nowhere", "--output", _tiny["x"], "--lora-r", "4").Problem(2));

    [Theory]
    [InlineData("train is prefix, and ", "--train", "prefix")]
    [InlineData("train is full, and ", "--train", "full")]
    [InlineData("lora_r is 2, and ", "--lora-r", "2")]
    [InlineData("lora_target_modules is k_proj, and ", "--lora-target-modules", "k_proj")]
    [InlineData("lora_alpha is 4, and ", "--lora-alpha", "4")]
    [InlineData("seed is 7, and ", "--seed", "7")]
    public void Fork_ToAnotherPart_SaysThatItKeepsIt(string named, params string[] options)
    {
        _tiny.Trained("out", 3, "--train", "lora", "--lora-r", "4");
        var problem = Distzo.Run(["fork", _tiny["out"], "--step", "2", "--output", _tiny["fork"], .. options]).Problem(2);
        Assert.Contains(named, problem);
        Assert.Contains("a fork keeps it", problem);
        Assert.DoesNotContain("base", problem);
        Assert.False(Directory.Exists(_tiny["fork"]));
        Distzo.Run("fork", _tiny["out"], "--step", "2", "--output", _tiny["fork"], "--lora-r", "4", "--seed", "0", "--learning-rate", "1e-2").Done();
    }

    public void Dispose() => _tiny.Dispose();
}
