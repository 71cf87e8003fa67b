using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

/// <summary>A model of each family from its directory to a trained one.</summary>
public sealed class FamilyRunTests
{
    public static TheoryData<string> Families => TinyModel.Families;

    [Theory]
    [MemberData(nameof(Families))]
    public void Train_OfAnyFamily_ExportsWhatItMeasuredAndWhatItsLedgerReplays(string family)
    {
        using var tiny = new TinyRun(family: family);
        var output = tiny.Trained("out", 6);
        Assert.NotEqual(File.ReadAllBytes(Path.Combine(tiny.Model, "model.safetensors")), tiny.Weights("out"));

        var (prompt, choices) = TinyModel.Question(family);
        var evaluated = Distzo.Run(["evaluate", "--model", output, "--data", tiny.Held, "--prompt", prompt, "--choices", choices, "--json"]).Done();
        var last = JsonDocument.Parse(File.ReadLines(Path.Combine(output, "metrics.jsonl")).Last()).RootElement;
        Assert.Equal(last.GetProperty("eval_loss").GetDouble(), JsonDocument.Parse(evaluated).RootElement.GetProperty("loss").GetDouble());

        Distzo.Run(["replay", tiny.LedgerPath("out"), "--model", tiny.Model, "--output", tiny["replayed"]]).Done();
        Assert.Equal(tiny.Weights("out"), tiny.Weights("replayed"));

        // The same run on more threads.
        tiny.Trained("more", 6, "--threads", "3");
        Assert.Equal(tiny.Ledger("out"), tiny.Ledger("more"));
        Assert.Equal(tiny.Weights("out"), tiny.Weights("more"));
    }
}
