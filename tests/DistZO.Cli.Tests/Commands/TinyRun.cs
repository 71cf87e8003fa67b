using System.Runtime.InteropServices;
using System.Text.Json;
using DistZO.Models;

namespace DistZO.Cli.Tests.Commands;

/// <summary>
/// A folder with a model that is small enough for a whole run to take a moment (two layers of 32, random weights, a token for each
/// byte), and rows for it.
/// </summary>
internal sealed class TinyRun : IDisposable
{
    private const int Hidden = 32, FeedForward = 64, Layers = 2, Vocabulary = 256, Positions = 96;

    private readonly TemporaryFolder _folder = new();

    public TinyRun(int modelSeed = 1)
    {
        WriteModel(Model, modelSeed);
        WriteRows(Data, 23);
        WriteRows(Held, 7);
    }

    public string Model => _folder["model"];

    public string Data => _folder["train.jsonl"];

    public string Held => _folder["dev.jsonl"];

    /// <summary>A path in the folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>The arguments of a run in a folder; <paramref name="more"/> are pairs of a flag and its value.</summary>
    public string[] Train(string output, int steps, params string[] more) => ["train", .. Recipe(output, steps, more)];

    /// <summary>The recipe of a run as flags, a pair of <paramref name="more"/> in the place of the same flag here.</summary>
    public string[] Recipe(string output, int steps, params string[] more)
    {
        string[] recipe =
        [
            "--model", Model, "--data", Data, "--eval-data", Held, "--output", this[output], "--max-steps", $"{steps}",
            "--prompt", "{text} It was", "--choices", "{no: ' bad', yes: ' good'}", "--batch-size", "4", "--learning-rate", "1e-3",
            "--eval-steps", "4", "--threads", "1",
        ];
        return [.. recipe.Chunk(2).Where(pair => !more.Contains(pair[0])).SelectMany(pair => pair), .. more];
    }

    /// <summary>Runs to the end and returns the output folder.</summary>
    public string Trained(string output, int steps, params string[] more)
    {
        Distzo.Run(Train(output, steps, more)).Done();
        return this[output];
    }

    /// <summary>The exported weights of an output folder.</summary>
    public byte[] Weights(string output) => File.ReadAllBytes(Path.Combine(this[output], "model.safetensors"));

    /// <summary>What is equal of equal runs: identity and records. Operational keys, such as the folder, are in the header too.</summary>
    public string Ledger(string output)
    {
        var ledger = Optimization.Ledger.Read(LedgerPath(output));
        var records = File.ReadAllBytes(ledger.Path)[RecordsAt(ledger.Path)..];
        return ledger.Header.Identity.Canonical + Convert.ToHexString(records);
    }

    /// <summary>Where a ledger's records begin: behind magic, version, length, header and checksum.</summary>
    public static int RecordsAt(string ledger) => 16 + BitConverter.ToInt32(File.ReadAllBytes(ledger), 12) + 4;

    public string LedgerPath(string output) => Path.Combine(this[output], "run.zol");

    /// <summary>metrics.jsonl without the times, which are the process's own.</summary>
    public IReadOnlyList<string> Metrics(string output) =>
    [
        .. File.ReadLines(Path.Combine(this[output], "metrics.jsonl")).Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            return string.Join(' ', json.RootElement.EnumerateObject()
                .Where(field => field.Name is not ("tokens_per_second" or "elapsed_seconds" or "remaining_seconds")));
        }),
    ];

    public void Dispose() => _folder.Dispose();

    public static void WriteModel(string folder, int seed)
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

    private static void WriteRows(string path, int rows) => File.WriteAllLines(path, Enumerable.Range(0, rows).Select(i =>
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
