using System.Text;
using DistZO.Devices;

namespace DistZO.Training.Tests;

public class JsonlFileTests
{
    private static JsonlRow[] Read(byte[] bytes) => [.. JsonlFile.Read(new MemoryStream(bytes), "rows.jsonl")];

    private static JsonlRow[] Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private static string ErrorOf(byte[] bytes) => Assert.Throws<BadInputException>(() => Read(bytes)).Message;

    private static string ErrorOf(string text) => ErrorOf(Encoding.UTF8.GetBytes(text));

    [Fact]
    public void Read_MarkCrlfBlankLinesAndNoFinalNewline_GivesRowsWithTheirLines()
    {
        var rows = Read("\uFEFF{\"a\":1}\r\n\r\n  \t\n{\"a\":\"é\",\"b\":[1,true]}");

        Assert.Equal([1, 4], rows.Select(row => row.Line));
        Assert.Equal("1", rows[0].Text("a"));
        Assert.Equal("é", rows[1].Text("a"));
        Assert.Equal(["a", "b"], rows[1].Fields.Select(entry => entry.Name));
    }

    [Fact]
    public void Read_LinesThatStraddleTheBuffer_AreWhole()
    {
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => new string((char)('a' + i % 26), i * 997))];
        string file = string.Join("\n", texts.Select(text => $"{{\"text\":\"{text}\"}}"));

        Assert.Equal(texts, Read(file).Select(row => row.String("text")));
    }

    [Theory]
    [InlineData("{\"a\":1}\n{\"é\":1,}", "rows.jsonl:2:8: not valid JSON: ")]
    [InlineData("{\"a\":1", "rows.jsonl:1:7: not valid JSON: ")]
    [InlineData("{\"a\":1}{\"a\":2}", "rows.jsonl:1:8: not valid JSON: ")]
    [InlineData("{\"a\":1,\"a\":2}", "rows.jsonl:1:")]
    [InlineData("\n [1]", "rows.jsonl:2:2: expected a JSON object such as {\"text\": \"…\"} on each line, found an array")]
    [InlineData("3", "rows.jsonl:1:1: expected a JSON object such as {\"text\": \"…\"} on each line, found a number")]
    [InlineData("[\n{\"a\":1}\n]", "rows.jsonl:1:2: not valid JSON: ")]
    [InlineData("{\"a\":\"\\ud800\"}", "rows.jsonl:1: a string holds half of a surrogate pair")]
    [InlineData("{\"\\udc00\":1}", "rows.jsonl:1: a string holds half of a surrogate pair")]
    public void Read_BadLine_NamesFileLineColumnAndProblem(string file, string expected)
    {
        string message = ErrorOf(file);

        Assert.StartsWith(expected, message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\r\n \n")]
    public void Read_NoRows_SaysSo(string file) =>
        Assert.StartsWith("rows.jsonl: the file has no rows", ErrorOf(file), StringComparison.Ordinal);

    [Fact]
    public void Read_InvalidUtf8_NamesTheColumn()
    {
        byte[] bytes = [.. "{\"é\":\""u8, 0xC3, 0x28, .. "\"}"u8];

        Assert.StartsWith("rows.jsonl:1:7: not valid UTF-8", ErrorOf(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingFile_SaysSo()
    {
        string path = Path.Combine(Path.GetTempPath(), "distzo-no-such-file.jsonl");

        var error = Assert.Throws<BadInputException>(() => JsonlFile.Read(path).First());

        Assert.Equal($"{path}: no such file", error.Message);
    }

    [Fact]
    public void Read_RandomDamage_GivesRowsOrBadInput()
    {
        var random = new Random(1);
        byte[] good = Encoding.UTF8.GetBytes(
            "{\"text\":\"héllo\\u00e9 \\\"x\\\"\",\"n\":[1,-2.5e3,{\"a\":null}],\"b\":true}\r\n" +
            "{\"\\ud83d\\ude00\":\"\\ud83d\\ude00\"}\n");
        byte[] alphabet = [.. "{}[]\",:\\nu0123tfed8 \n\r\t"u8, 0x00, 0x80, 0xC3, 0xEF, 0xFF];
        int damaged = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = (byte[])good.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = alphabet[random.Next(alphabet.Length)];
            }
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            try
            {
                foreach (var row in Read(bytes)) Assert.All(row.Fields, entry => Assert.NotNull(entry.Name));
            }
            catch (BadInputException e)
            {
                damaged++;
                Assert.StartsWith("rows.jsonl:", e.Message, StringComparison.Ordinal);
            }
        }
        Assert.InRange(damaged, 1, 19_999);
    }
}
