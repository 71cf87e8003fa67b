using System.Text.Json;
using DistZO.Optimization;

namespace DistZO.Cli.Tests.Commands;

public class VerifyTests(TrainedRun run) : IClassFixture<TrainedRun>
{
    private TinyRun Tiny => run.Tiny;

    [Fact]
    public void Verify_OfAnHonestRun_Passes()
    {
        var output = Distzo.Run("verify", run.Ledger, "--model", Tiny.Model, "--data", Tiny.Data, "--samples", "4").Done();
        Assert.Contains("verified: 4 of 9 steps recomputed", output);
    }

    [Fact]
    public void Verify_WithTheSameSamplingSeed_TakesTheSameSteps()
    {
        var first = Json(Distzo.Run("verify", run.Output, "--samples", "3", "--json").Done());
        var seed = first.GetProperty("sampling_seed").GetInt32();
        var second = Json(Distzo.Run("verify", run.Output, "--samples", "3", "--json", "--sampling-seed", $"{seed}").Done());
        Assert.Equal(first.GetRawText(), second.GetRawText());
        Assert.Equal(3, second.GetProperty("sampled").GetArrayLength());
    }

    [Fact]
    public void Verify_OfAChangedLoss_NamesTheStep()
    {
        // Both sums move alike, so that coefficient and weights stay: only recomputing the losses shows it.
        var path = Tamper("loss", 6, d => d with { Plus = d.Plus + 1, Minus = d.Minus + 1 });
        var outcome = Distzo.Run("verify", path, "--model", Tiny.Model, "--data", Tiny.Data);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("NOT verified: step 6 differs, direction 0: recorded loss sums", outcome.Output);
    }

    [Fact]
    public void Verify_OfAChangedCoefficient_NamesTheStepWithoutSamplingIt()
    {
        var path = Tamper("coefficient", 8, d => d with { Coefficient = d.Coefficient * 2 });
        string[] sampling = ["--samples", "1", "--sampling-seed", "1", "--json"];
        var outcome = Distzo.Run(["verify", path, "--model", Tiny.Model, "--data", Tiny.Data, .. sampling]);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal(8, Json(outcome.Output).GetProperty("differences")[0].GetProperty("step").GetInt32());
    }

    [Fact]
    public void Verify_WithOtherData_NamesWhatDiffers()
    {
        var problem = Distzo.Run("verify", run.Output, "--data", Tiny.Held).Problem(2);
        Assert.Contains("the data has 7 rows (the run has 23)", problem);
    }

    [Fact]
    public void Verify_WithAnotherBase_NamesWhatDiffers()
    {
        TinyModel.Write(Tiny["other"], seed: 2);
        Assert.Contains("the base model's weights differ", Distzo.Run("verify", run.Output, "--model", Tiny["other"]).Problem(2));
    }

    /// <summary>A copy of the ledger in which one step's direction is another, with all checksums and chain hashes made to fit.</summary>
    private string Tamper(string name, int step, Func<StepDirection, StepDirection> change)
    {
        var ledger = Ledger.Read(run.Ledger);
        var path = Tiny[name + ".zol"];
        using var writer = LedgerWriter.Create(path, ledger.Header);
        foreach (var record in ledger.Records)
            writer.Append(record.Step == step ? record with { Directions = [.. record.Directions.Select(change)] } : record);
        return path;
    }

    private static JsonElement Json(string output) => JsonDocument.Parse(output).RootElement;
}
