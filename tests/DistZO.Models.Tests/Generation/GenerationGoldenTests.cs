using System.Text.Json;
using DistZO.Devices;
using DistZO.Devices.Cpu;

namespace DistZO.Models.Tests.Generation;

/// <summary>Greedy texts of a real model, against those of Transformers.</summary>
[Trait("Category", "Goldens")]
public sealed class GenerationGoldenTests
{
    [SkippableFact]
    public void Generate_Greedily_GivesTheGoldenTexts()
    {
        var lines = File.ReadAllLines(Fixtures.Require("generation", "base-opt.jsonl"));
        var folder = Fixtures.RequireShared("models", "base-opt");
        using var checkpoint = Checkpoint.Open(folder);
        using var device = CpuDevice.Open(2);
        using var model = ModelLoader.Load(device, checkpoint, WeightType.Float32);
        var tokenizer = Tokenizer.Load(folder);
        var generator = new TextGenerator(model, tokenizer, new GenerationOptions { MaxNewTokens = 40, EndTokens = [.. EndTokens.Of(checkpoint)] });
        var golden = lines.Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        var prompts = golden.Select(row => tokenizer.Encode(row.GetProperty("prompt").GetString()!)).ToArray();
        var texts = generator.Generate(prompts, [], Probe.Plain, new UpdateHistory(), 0);
        for (var i = 0; i < golden.Length; i++)
        {
            Assert.Equal(golden[i].GetProperty("prompt_ids").EnumerateArray().Select(id => id.GetInt32()), prompts[i]);
            // Two tokens that are this close may change places in another order of float32 additions.
            if (golden[i].GetProperty("smallest_gap").GetDouble() < 1e-4) continue;
            Assert.Equal(golden[i].GetProperty("new_ids").EnumerateArray().Select(id => id.GetInt32()), texts[i].Tokens);
            Assert.Equal(golden[i].GetProperty("text").GetString(), texts[i].Text);
        }

        Assert.NotEmpty(golden);
    }
}
