using System.Runtime.InteropServices;
using System.Text.Json;
using DistZO.Models;

namespace DistZO.Tests;

/// <summary>A model that is small enough for a whole run to take a moment: two layers of 32, random weights, a token for each byte.</summary>
internal static class TinyModel
{
    private const int Hidden = 32, FeedForward = 64, Layers = 2, Vocabulary = 256, Positions = 96;

    /// <summary>Writes a model directory.</summary>
    public static void Write(string folder, int seed)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new
        {
            model_type = "opt",
            hidden_size = Hidden,
            ffn_dim = FeedForward,
            num_attention_heads = 2,
            num_hidden_layers = Layers,
            vocab_size = Vocabulary,
            max_position_embeddings = Positions,
            torch_dtype = "float32",
        }));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer());
        var architecture = ModelFamilies.Describe(ModelConfig.Read(Path.Combine(folder, "config.json")), _ => false);
        var random = new Random(seed);
        var tensors = architecture.Tensors.Select(spec =>
        {
            var values = new float[spec.Shape.Aggregate(1L, (product, n) => product * n)];
            var centre = spec.Name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0;
            for (var i = 0; i < values.Length; i++) values[i] = centre + ((random.NextSingle() - 0.5f) / 2);
            return new TensorToWrite(spec.Name, "F32", spec.Shape, (offset, target) =>
                MemoryMarshal.AsBytes(values.AsSpan()).Slice((int)offset, target.Length).CopyTo(target));
        });
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"), SafetensorsWriter.InStandardOrder(tensors), SafetensorsWriter.DefaultMetadata);
    }

    /// <summary>Writes rows with a field <c>text</c> and a <c>label</c> of yes or no.</summary>
    public static void WriteRows(string path, int rows) => File.WriteAllLines(path, Enumerable.Range(0, rows).Select(i =>
    {
        var word = new string((char)('a' + (i % 26)), i % 9);
        return JsonSerializer.Serialize(new { text = $"Row {i} of {rows}: {word}.", label = i % 3 == 0 ? "yes" : "no" });
    }));

    /// <summary>Byte-level BPE without a merge: byte b has id b.</summary>
    private static string Tokenizer()
    {
        // Bytes without a printable character of their own, in order, are written from U+0100 on.
        static bool IsPrintable(int b) => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        static char Letter(int b) => (char)(IsPrintable(b) ? b : 0x100 + Enumerable.Range(0, b).Count(other => !IsPrintable(other)));
        var byteLevel = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true };
        return JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = Array.Empty<object>(),
            pre_tokenizer = byteLevel,
            decoder = byteLevel,
            model = new
            {
                type = "BPE",
                vocab = Enumerable.Range(0, Vocabulary).ToDictionary(b => Letter(b).ToString()),
                merges = Array.Empty<string>(),
            },
        });
    }
}
