using System.Text.Json;

namespace DistZO.Models.Tests.Tokenizers;

/// <summary>Compares with what the Hugging Face library makes of the same texts, for every tokenizer in the fixtures.</summary>
[Trait("Category", "Goldens")]
public class TokenizerGoldenTests
{
    private const string NoFolders = "(none)";

    public static TheoryData<string> Folders()
    {
        string root = Path.Combine(Fixtures.Root, "tokenizers");
        return Directory.Exists(root)
            ? [.. Directory.GetDirectories(root).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)]
            : [NoFolders];
    }

    [SkippableTheory]
    [MemberData(nameof(Folders))]
    public void Tokenizer_GoldenTexts_EqualTheLibrary(string folder)
    {
        string path = folder == NoFolders ? Fixtures.Require("tokenizers") : Fixtures.Require("tokenizers", folder);
        var tokenizer = Tokenizer.Load(path);

        int texts = 0;
        foreach (string line in File.ReadLines(Path.Combine(path, "golden.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var golden = document.RootElement;
            string text = golden.GetProperty("text").GetString()!;
            int[] ids = Ids(golden, "ids_without_special");

            Assert.True(Ids(golden, "ids").AsSpan().SequenceEqual(tokenizer.Encode(text)), $"ids of {line}");
            Assert.True(ids.AsSpan().SequenceEqual(tokenizer.Encode(text, addSpecialTokens: false)), $"ids without special of {line}");
            Assert.Equal(golden.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            texts++;
        }

        Assert.NotEqual(0, texts);
    }

    private static int[] Ids(JsonElement golden, string name) => [.. golden.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
}
