using System.Text.Json;
using DistZO.Optimization;

namespace DistZO.Cli.Tests.Commands;

public class InspectTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private TinyRun Tiny => run.Tiny;

    [Fact]
    public void Inspect_Ledger_GivesIdentityStepsAndChain()
    {
        var (json, ledger) = (Json(run.Ledger), Ledger.Read(run.Ledger));
        Assert.Equal("ledger", json.GetProperty("kind").GetString());
        Assert.Equal(ledger.Header.Identity.Digest, json.GetProperty("identity_digest").GetString());
        Assert.Equal(TrainedRun.Steps, json.GetProperty("steps").GetInt64());
        Assert.Equal(ledger.Chain.ToString(), json.GetProperty("chain").GetString());
    }

    [Fact]
    public void Inspect_OutputDirectory_GivesModelAndLedger()
    {
        var json = Json(run.Output);
        Assert.Equal("model", json.GetProperty("kind").GetString());
        Assert.True(json.GetProperty("supported").GetBoolean());
        Assert.True(json.GetProperty("tokenizer").GetBoolean());
        Assert.Equal(TrainedRun.Steps, json.GetProperty("ledger").GetProperty("steps").GetInt64());
    }

    [Fact]
    public void Inspect_BaseModel_GivesTheDigestOfTheLedgersBase() =>
        Assert.Equal(Ledger.Read(run.Ledger).Header.Identity.BaseDigest, Json(Tiny.Model).GetProperty("base_digest").GetString());

    [Fact]
    public void Inspect_Data_CountsRowsAndLabels()
    {
        var json = Json(Tiny.Data);
        Assert.Equal("data", json.GetProperty("kind").GetString());
        Assert.Equal(23, json.GetProperty("rows").GetInt64());
        Assert.Equal(8, json.GetProperty("labels").GetProperty("yes").GetInt64());
    }

    [Fact]
    public void Inspect_Identity_IsTheCanonicalOne() =>
        Assert.Equal(
            Ledger.Read(run.Ledger).Header.Identity.Canonical, Distzo.Run("inspect", run.Ledger, "--identity").Done().TrimEnd('\n'));

    [Fact]
    public void Inspect_LedgerCutAnywhere_IsTornOrDamagedAndSaysSo()
    {
        var (bytes, path) = (File.ReadAllBytes(run.Ledger), Tiny["cut.zol"]);
        var records = TinyRun.RecordsAt(run.Ledger);
        foreach (var length in Enumerable.Range(0, bytes.Length).Where(n => n > records - 3 || n % 97 == 0))
        {
            File.WriteAllBytes(path, bytes[..length]);
            var outcome = Distzo.Run("inspect", path);
            if (length >= records) outcome.Done();
            else Assert.Contains(path, outcome.Problem(2));
        }
    }

    [Fact]
    public void Inspect_LedgerWithAFlippedBit_NamesTheStep()
    {
        var (bytes, path) = (File.ReadAllBytes(run.Ledger), Tiny["flipped.zol"]);
        var records = TinyRun.RecordsAt(run.Ledger);
        foreach (var at in Enumerable.Range(0, bytes.Length).Where(n => n >= records || n % 97 == 0))
        {
            var flipped = (byte[])bytes.Clone();
            flipped[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(path, flipped);
            var problem = Distzo.Run("inspect", path).Problem(2);
            if (at >= records) Assert.Contains("the record of step ", problem);
        }
    }

    [Fact]
    public void Inspect_Repair_CutsTheDamageAndSaysHowManyStepsGo()
    {
        var (bytes, path) = (File.ReadAllBytes(run.Ledger), Tiny["repaired.zol"]);
        var records = TinyRun.RecordsAt(run.Ledger);
        bytes[records + ((bytes.Length - records) * 5 / 9) + 20] ^= 1;
        File.WriteAllBytes(path, bytes);
        var output = Distzo.Run("inspect", path, "--repair").Done();
        Assert.Contains("5 steps are sound", output);
        Assert.Contains("4 more steps", output);
        Assert.Equal(5, Ledger.Read(path).Steps);
    }

    [Fact]
    public void Inspect_WhatIsNothingKnown_SaysSo()
    {
        File.WriteAllText(Tiny["notes.txt"], "hello");
        Assert.Contains("is neither a ledger", Distzo.Run("inspect", Tiny["notes.txt"]).Problem(2));
        Directory.CreateDirectory(Tiny["empty"]);
        Assert.Contains("neither a model directory", Distzo.Run("inspect", Tiny["empty"]).Problem(2));
        Assert.Contains("cannot read", Distzo.Run("inspect", Tiny["absent"]).Problem(2));
    }

    [Fact]
    public void Inspect_ModelWithAWeightThatIsNotFinite_NamesIt()
    {
        TinyModel.Write(Tiny["nan"], seed: 1);
        var path = Path.Combine(Tiny["nan"], "model.safetensors");
        var bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(path, bytes);
        Assert.Contains("not finite", Distzo.Run("inspect", Tiny["nan"]).Problem(2));
    }

    [Theory]
    [InlineData("config.json", "\"opt\"", "\"bert\"", "cannot be trained: ")]
    [InlineData("config.json", "\"hidden_size\":32", "\"hidden_size\":34", "cannot be trained: ")]
    [InlineData("tokenizer.json", "\"BPE\"", "\"Unigram\"", "cannot be trained: ")]
    public void Inspect_ModelThatCannotBeTrained_TellsWhatItIsAndFails(string file, string then, string now, string problem)
    {
        TinyModel.Write(Tiny["odd"], seed: 1);
        var path = Path.Combine(Tiny["odd"], file);
        var text = File.ReadAllText(path);
        Assert.Contains(then, text);
        File.WriteAllText(path, text.Replace(then, now));
        var outcome = Distzo.Run("inspect", Tiny["odd"]);
        Assert.StartsWith($"'{Tiny["odd"]}' {problem}", outcome.Problem(2));
        Assert.Contains("weights digest ", outcome.Output);
        Assert.Contains("cannot be trained: ", outcome.Output);
        Assert.DoesNotContain("\ncan be trained", outcome.Output);
        Assert.Contains("\"kind\":\"model\"", Distzo.Run("inspect", Tiny["odd"], "--json").Output);
    }

    private static JsonElement Json(string path) =>
        JsonDocument.Parse(Assert.Single(Distzo.Run("inspect", path, "--json").Done().TrimEnd().Split('\n'))).RootElement;
}
