using System.Text;
using System.Text.Json;

namespace DistZO.Training.Tests;

public class DataFileSummaryTests
{
    private static DataFileSummary Read(params string[] lines)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["rows.jsonl"], lines);
        return DataFileSummary.Read(folder["rows.jsonl"]);
    }

    [Fact]
    public void Lines_OfLabelledRows_TellFieldsTypesAndLabels() => Assert.Equal(
        [
            "JSON Lines, 3 rows",
            "shape: text",
            "field \"text\": string of up to 4 characters",
            "field \"label\": number or string of up to 1 characters",
            "field \"x\": boolean or null, missing in 1 of 3 rows",
            "labels: \"1\" 2, \"0\" 1",
        ],
        Read("{\"text\":\"a\",\"label\":1,\"x\":true}", "{\"text\":\"abcd\",\"label\":0}", "{\"text\":\"\",\"label\":\"1\",\"x\":null}")
            .Lines());

    [Fact]
    public void Lines_OfRowsThatNeedATemplate_SayHow() =>
        Assert.StartsWith("shape: none of {text}", Read("{\"premise\":\"a\",\"hypothesis\":\"b\"}").Lines().ElementAt(1));

    [Fact]
    public void Labels_OfAFieldWithManyValues_AreNone() =>
        Assert.Null(Read([.. Enumerable.Range(0, 101).Select(i => $"{{\"label\":{i}}}")]).Labels);

    [Fact]
    public void WriteJson_OfASummary_HoldsTheSame()
    {
        var output = new MemoryStream();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            Read("{\"text\":\"a\",\"label\":true}").WriteJson(json);
            json.WriteEndObject();
        }

        Assert.Equal(
            "{\"rows\":1,\"shape\":\"text\",\"fields\":[{\"name\":\"text\",\"rows\":1,\"types\":[\"string\"],\"longest_text\":1}," +
            "{\"name\":\"label\",\"rows\":1,\"types\":[\"boolean\"],\"longest_text\":0}],\"labels\":{\"true\":1}}",
            Encoding.UTF8.GetString(output.ToArray()));
    }
}
