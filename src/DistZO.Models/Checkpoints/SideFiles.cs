using System.IO.Enumeration;

namespace DistZO.Models;

/// <summary>
/// The files of a model directory that go along when the model is exported: tokenizer, generation settings, templates, licence.
/// config.json and weights are not among them: those are written anew.
/// </summary>
public static class SideFiles
{
    private static readonly string[] Patterns =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
        "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "generation_config.json", "chat_template.*",
        "LICENSE*", "LICENCE*", "NOTICE*", "USE_POLICY*",
    ];

    /// <summary>The names of those that <paramref name="directory"/> holds, in ordinal order.</summary>
    public static IReadOnlyList<string> In(string directory) =>
    [
        .. Directory.EnumerateFiles(directory)
            .Select(path => Path.GetFileName(path))
            .Where(name => Patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false)))
            .Order(StringComparer.Ordinal),
    ];
}
