using System.Runtime.InteropServices;
using System.Text.Json;
using DistZO.Models;

namespace DistZO.Tests;

/// <summary>
/// Models that are small enough for a whole run to take a moment: two layers of random weights, a token for each byte. Those of other
/// families than OPT have odd sizes.
/// </summary>
internal static class TinyModel
{
    private const int Bytes = 256, Positions = 96;

    private static readonly Dictionary<string, object> Configs = new()
    {
        ["opt"] = new
        {
            model_type = "opt",
            hidden_size = 32,
            ffn_dim = 64,
            num_attention_heads = 2,
            num_hidden_layers = 2,
            vocab_size = Bytes,
            max_position_embeddings = Positions,
            torch_dtype = "float32",
        },
        ["mistral"] = new
        {
            model_type = "mistral",
            hidden_size = 36,
            intermediate_size = 50,
            num_attention_heads = 6,
            num_key_value_heads = 2,
            head_dim = 20,
            num_hidden_layers = 2,
            vocab_size = 261,
            max_position_embeddings = Positions,
            sliding_window = 9,
        },
        ["qwen3"] = new
        {
            model_type = "qwen3",
            hidden_size = 30,
            intermediate_size = 41,
            num_attention_heads = 3,
            num_key_value_heads = 3,
            head_dim = 10,
            num_hidden_layers = 2,
            vocab_size = 259,
            max_position_embeddings = Positions,
            tie_word_embeddings = true,
        },
        ["gpt2"] = new
        {
            model_type = "gpt2",
            n_embd = 35,
            n_inner = 51,
            n_head = 5,
            n_layer = 2,
            n_positions = Positions,
            vocab_size = 257,
        },
        ["roberta"] = new
        {
            model_type = "roberta",
            hidden_size = 33,
            intermediate_size = 45,
            num_attention_heads = 3,
            num_hidden_layers = 2,
            vocab_size = 263,
            max_position_embeddings = Positions + 2,
            pad_token_id = 1,
            type_vocab_size = 1,
            layer_norm_eps = 1e-5,
        },
    };

    /// <summary>The families, for theories.</summary>
    public static TheoryData<string> Families => [.. Configs.Keys];

    /// <summary>Those that predict what follows.</summary>
    public static TheoryData<string> CausalFamilies => [.. Configs.Keys.Where(family => family != "roberta")];

    /// <summary>A prompt and choices for <see cref="WriteRows"/>.</summary>
    public static (string Prompt, string Choices) Question(string family) => family == "roberta"
        ? ("{text} <mask>!", "{no: b, yes: g}")
        : ("{text} It was", "{no: ' bad', yes: ' good'}");

    /// <summary>Writes a model directory, with two layers unless more are wanted.</summary>
    public static void Write(string folder, int seed, string family = "opt", int layers = 2)
    {
        Directory.CreateDirectory(folder);
        var config = JsonSerializer.SerializeToNode(Configs[family])!.AsObject();
        config[family == "gpt2" ? "n_layer" : "num_hidden_layers"] = layers;
        File.WriteAllText(Path.Combine(folder, "config.json"), config.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer(family));
        var architecture = ModelFamilies.Describe(ModelConfig.Read(Path.Combine(folder, "config.json")), _ => false);
        var random = new Random(seed);
        var scales = architecture.Blocks.SelectMany(block => block.Norms).Select(norm => norm.Scale).ToHashSet();
        var tensors = architecture.Tensors.Select(spec =>
        {
            var values = new float[spec.Shape.Aggregate(1L, (product, n) => product * n)];
            var centre = scales.Contains(spec) ? 1 : 0;
            for (var i = 0; i < values.Length; i++) values[i] = centre + ((random.NextSingle() - 0.5f) / 2);
            return new TensorToWrite(spec.Name, "F32", spec.Shape, (offset, target) =>
                MemoryMarshal.AsBytes(values.AsSpan()).Slice((int)offset, target.Length).CopyTo(target));
        });
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"), SafetensorsWriter.InStandardOrder(tensors), SafetensorsWriter.DefaultMetadata);
    }

    /// <summary>Adds a float32 tensor to the one file of a model directory.</summary>
    public static void AddTensor(string folder, string name, long[] shape, float[] values)
    {
        var (file, before) = (Path.Combine(folder, "model.safetensors"), Path.Combine(folder, "before.safetensors"));
        File.Move(file, before);
        using (var old = SafetensorsFile.Open(before))
        {
            var tensors = old.Tensors.Select(tensor => new TensorToWrite(tensor.Name, tensor.DType, [.. tensor.Shape], tensor.ReadBytes))
                .Append(new TensorToWrite(name, "F32", shape, (offset, target) => MemoryMarshal.AsBytes(values.AsSpan()).Slice((int)offset, target.Length).CopyTo(target)));
            SafetensorsWriter.Write(file, SafetensorsWriter.InStandardOrder(tensors), SafetensorsWriter.DefaultMetadata);
        }

        File.Delete(before);
    }

    /// <summary>A float32 tensor of a model directory.</summary>
    public static (long[] Shape, float[] Values) ReadTensor(string folder, string name)
    {
        using var checkpoint = Checkpoint.Open(folder);
        var tensor = checkpoint.Tensors.Single(tensor => tensor.Name == name);
        var values = new float[tensor.Elements];
        tensor.Read(0, MemoryMarshal.AsBytes(values.AsSpan()));
        return ([.. tensor.Shape], values);
    }

    /// <summary>Writes rows with a field <c>text</c> and a <c>label</c> of yes or no.</summary>
    public static void WriteRows(string path, int rows) => File.WriteAllLines(path, Enumerable.Range(0, rows).Select(i =>
    {
        var word = new string((char)('a' + (i % 26)), i % 9);
        return JsonSerializer.Serialize(new { text = $"Row {i} of {rows}: {word}.", label = i % 3 == 0 ? "yes" : "no" });
    }));

    /// <summary>Byte-level BPE without a merge: byte b has id b. RoBERTa's has special tokens around a text, and a mask.</summary>
    private static string Tokenizer(string family)
    {
        // Bytes without a printable character of their own, in order, are written from U+0100 on.
        static bool IsPrintable(int b) => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        static char Letter(int b) => (char)(IsPrintable(b) ? b : 0x100 + Enumerable.Range(0, b).Count(other => !IsPrintable(other)));
        var byteLevel = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = true, use_regex = true };
        string[] special = family == "roberta" ? ["<s>", "</s>", "<mask>"] : [];
        return JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = special.Select((content, i) => new
            {
                id = Bytes + i,
                content,
                single_word = false,
                lstrip = content == "<mask>",
                rstrip = false,
                normalized = false,
                special = true,
            }),
            pre_tokenizer = byteLevel,
            post_processor = special.Length == 0
                ? null
                : new { type = "RobertaProcessing", sep = new object[] { "</s>", Bytes + 1 }, cls = new object[] { "<s>", Bytes }, trim_offsets = true, add_prefix_space = false },
            decoder = byteLevel,
            model = new
            {
                type = "BPE",
                vocab = Enumerable.Range(0, Bytes).ToDictionary(b => Letter(b).ToString()),
                merges = Array.Empty<string>(),
            },
        });
    }
}
