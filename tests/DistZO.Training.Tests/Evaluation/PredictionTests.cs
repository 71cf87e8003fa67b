using System.Text;

namespace DistZO.Training.Tests;

public class PredictionTests
{
    private static string Line(EncodedExample sample, double[] logProbabilities, params string[] labels)
    {
        var output = new MemoryStream();
        Prediction.Of(sample, logProbabilities).WriteLine(output, labels, []);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    [Fact]
    public void WriteLine_OfAChoice_HasThePredictionAndAllScores() => Assert.Equal(
        "{\"line\":7,\"prediction\":\"größer\",\"label\":\"0\",\"correct\":false,\"scores\":{\"0\":-2,\"größer\":-1.5}}\n",
        Line(new([2], [new([5], 0), new([6, 7], 0)], 0, 7), [-2, -1, -2], "0", "größer"));

    [Fact]
    public void WriteLine_OfAScoreThatIsNotFinite_HasNull() => Assert.Equal(
        "{\"line\":9,\"prediction\":\"1\",\"label\":\"1\",\"correct\":true,\"scores\":{\"0\":null,\"1\":-1}}\n",
        Line(new([2], [new([5], 0), new([6], 0)], 1, 9), [double.NaN, -1], "0", "1"));

    [Fact]
    public void WriteLine_OfAWrittenAnswer_HasItsTextAndScores()
    {
        var row = new EncodedExample([2], [new([5, 6], 0)], 0, 3) { Text = new SampleText("p", ["a", "\"é\""], null) };
        Assert.Equal(
            "{\"line\":3,\"loss\":1.5,\"tokens\":2,\"text\":\" a\\\"b\",\"references\":[\"a\",\"\\\"é\\\"\"],\"f1\":0.5,\"exact_match\":0}\n",
            Line(new ScoredAnswer(" a\"b", [0.5, 0])));
        Assert.Equal(
            "{\"line\":3,\"loss\":1.5,\"tokens\":2,\"text\":null,\"references\":[\"a\",\"\\\"é\\\"\"],\"f1\":null,\"exact_match\":null}\n",
            Line(new ScoredAnswer(null, [])));

        string Line(ScoredAnswer answer)
        {
            var output = new MemoryStream();
            (Prediction.Of(row, [-1, -2]) with { Answer = answer }).WriteLine(output, [], ["f1", "exact_match"]);
            return Encoding.UTF8.GetString(output.ToArray());
        }
    }

    [Fact]
    public void WriteLine_OfText_HasItsMeanLossAndTokens() => Assert.Equal(
        "{\"line\":1,\"loss\":1.5,\"tokens\":2}\n",
        Line(new([2], [new([5, 6], 0)], 0, 1), [-1, -2]));
}
