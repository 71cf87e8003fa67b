namespace DistZO.Runs.Tests;

public class ConfusionTableTests
{
    private static ConfusionTable Table(string[] labels, params (int Truth, int Predicted, int Times)[] counts)
    {
        var table = new ConfusionTable(labels);
        foreach (var (truth, predicted, times) in counts)
        {
            for (int i = 0; i < times; i++) table.Add(truth, predicted);
        }
        return table;
    }

    [Fact]
    public void Figures_OfATable_AreAccuracyAndMacroF1()
    {
        var table = Table(["a", "b", "c"], (0, 0, 3), (0, 1, 1), (1, 1, 2), (1, 2, 2), (2, 2, 2));

        Assert.Equal((10L, 7L, 0.7), (table.Total, table.Correct, table.Accuracy));
        // F1: 6/(4+3), 4/(4+3), 4/(2+4).
        Assert.Equal((6.0 / 7 + 4.0 / 7 + 4.0 / 6) / 3, table.MacroF1, 15);
    }

    [Fact]
    public void MacroF1_OfLabelsThatNeverOccur_LeavesThemOut() =>
        Assert.Equal(1, Table(["a", "b", "unused"], (0, 0, 2), (1, 1, 1)).MacroF1);

    [Fact]
    public void MacroF1_OfALabelOnlyPredicted_CountsAsZero() => Assert.Equal(0.4, Table(["a", "b"], (0, 0, 2), (0, 1, 1)).MacroF1);

    [Fact]
    public void Lines_OfATable_LineUp() => Assert.Equal(
        ["true \\ predicted  no  positive", "no                12         0", "positive           0         1"],
        Table(["no", "positive"], (0, 0, 12), (1, 1, 1)).Lines());
}
