using System.Buffers.Binary;
using System.Text;

namespace DistZO.Cli.Tests.Commands;

/// <summary>Whatever is wrong with the input: exit code 2 and one line that names the file, and nothing is made in the output.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TinyRun _tiny = new();

    public static TheoryData<string, string> Models => new()
    {
        { "a truncated file", "model.safetensors" },
        { "a header that is cut short", "model.safetensors" },
        { "a header of impossible length", "model.safetensors" },
        { "a header that is not JSON", "model.safetensors" },
        { "overlapping tensors", "model.safetensors" },
        { "a shape that does not fit its bytes", "model.safetensors" },
        { "an unknown number format", "model.safetensors" },
        { "no weights", "model.safetensors" },
        { "a missing shard", "two.safetensors" },
        { "another activation", "activation_function" },
        { "another family", "model_type" },
        { "fewer than no layers", "num_hidden_layers" },
        { "billions of layers", "num_hidden_layers" },
        { "a config that is not JSON", "config.json" },
        { "a tokenizer of unknown type", "tokenizer.json" },
        { "a tokenizer that is cut short", "tokenizer.json" },
    };

    public static TheoryData<string, string, string> Rows => new()
    {
        { "", "train.jsonl", "no rows" },
        { "{\"text\": \"a\", \"label\": \"no\"}\n{\"text\": \"b\", \"label\": \n", "train.jsonl:2:", "" },
        { "{\"text\": \"a\"}\n", "train.jsonl:1", "label" },
        { "{\"text\": \"a\", \"label\": \"maybe\"}\n", "train.jsonl:1", "maybe" },
        { "[1, 2]\n", "train.jsonl:1", "" },
        { "\u0001", "train.jsonl:1", "" },
    };

    public static TheoryData<string, string, string> Flags => new()
    {
        { "--choices", "{no: '', yes: ' good'}", "becomes no token" },
        { "--prompt", "{texts} It was", "texts" },
        { "--batch-size", "0", "--batch-size: 'batch_size' must be" },
        { "--lora_r", "many", "--lora-r: 'lora_r' must be a whole number from 1 to 1024, not 'many'" },
        { "--learning-rate", "fast", "learning_rate" },
        { "--data", "/nowhere.jsonl", "/nowhere.jsonl" },
        { "--model", "/nowhere", "/nowhere" },
        { "--config", "/nowhere.yaml", "/nowhere.yaml" },
        { "--output", "/proc/distzo", "/proc/distzo" },
        { "--max-length", "100000", "max_length" },
        { "--metric-for-best-model", "perplexity", "metric_for_best_model" },
    };

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [MemberData(nameof(Models))]
    public void Train_OnAModelWith_IsRefused(string flaw, string named)
    {
        Spoil(flaw);
        Assert.Contains(named, Refused(_tiny.Train("output", 2)));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Train_OnRows_IsRefused(string rows, string place, string what)
    {
        File.WriteAllText(_tiny.Data, rows);
        var problem = Refused(_tiny.Train("output", 2));
        Assert.Contains(place, problem);
        Assert.Contains(what, problem);
    }

    [Theory]
    [MemberData(nameof(Flags))]
    public void Train_WithFlag_IsRefused(string flag, string value, string named) =>
        Assert.Contains(named, Refused(_tiny.Train("output", 2, flag, value)));

    [Theory]
    [InlineData("learning_rat: 1\n", "did you mean 'learning_rate'?")]
    [InlineData("a: b: c\n", "recipe.yaml:1:")]
    [InlineData("topology: ''\n", "recipe.yaml:1:11: 'topology' must be a path, not ''")]
    [InlineData("max_steps: 3\nnum_train_epochs: 1\n", "both set")]
    public void Train_WithRecipe_IsRefused(string yaml, string named)
    {
        File.WriteAllText(_tiny["recipe.yaml"], yaml);
        Assert.Contains(named, Refused("train", "--config", _tiny["recipe.yaml"], "--output", _tiny["output"]));
    }

    [Fact]
    public void Train_OnADamagedLedger_IsRefusedAndLosesNothing()
    {
        _tiny.Trained("run", 3);
        var path = _tiny.LedgerPath("run");
        var bytes = File.ReadAllBytes(path);
        bytes[^20] ^= 4;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("--repair", Distzo.Run(_tiny.Train("run", 3)).Problem(2));
        Assert.Equal(bytes, File.ReadAllBytes(path));
    }

    [Fact]
    public void Train_WithAFileForOutput_IsRefused()
    {
        File.WriteAllText(_tiny["taken"], "mine");
        Assert.Contains(_tiny["taken"], Distzo.Run(_tiny.Train("taken", 2)).Problem(2));
        Assert.Equal("mine", File.ReadAllText(_tiny["taken"]));
    }

    [Fact]
    public void Train_WithTheModelForOutput_IsRefusedBeforeItTrains()
    {
        Assert.Contains(_tiny.Model, Distzo.Run(_tiny.Train("model", 2)).Problem(2));
        Assert.False(File.Exists(_tiny.LedgerPath("model")));
    }

    [Fact]
    public void Train_WithPatienceButNoEvaluations_IsRefused()
    {
        string[] args = ["train", "--model", _tiny.Model, "--data", _tiny.Data, "--prompt", "{text}", "--choices", "{no: ' a', yes: ' b'}"];
        Assert.Contains("early_stopping_patience", Refused([.. args, "--early-stopping-patience", "2", "--output", _tiny["output"]]));
    }

    private string Refused(params string[] args)
    {
        var problem = Distzo.Run(args).Problem(2);
        Assert.False(Directory.Exists(_tiny["output"]), "the output directory was made");
        return problem;
    }

    private void Spoil(string flaw)
    {
        string Path(string name) => System.IO.Path.Combine(_tiny.Model, name);
        var weights = Path("model.safetensors");
        var bytes = File.ReadAllBytes(weights);
        switch (flaw)
        {
            case "a truncated file": File.WriteAllBytes(weights, bytes[..^8]); break;
            case "a header that is cut short": File.WriteAllBytes(weights, bytes[..100]); break;
            case "a header of impossible length":
                BinaryPrimitives.WriteUInt64LittleEndian(bytes, ulong.MaxValue / 2);
                File.WriteAllBytes(weights, bytes);
                break;
            case "a header that is not JSON":
                bytes[8] = (byte)'!';
                File.WriteAllBytes(weights, bytes);
                break;
            case "overlapping tensors": ReplaceInHeader(bytes, "\"data_offsets\":[0,", "\"data_offsets\":[4,"); break;
            case "a shape that does not fit its bytes": ReplaceInHeader(bytes, "\"shape\":[32]", "\"shape\":[33]"); break;
            case "an unknown number format": ReplaceInHeader(bytes, "\"F32\"", "\"F99\""); break;
            case "no weights": File.Delete(weights); break;
            case "a missing shard":
                File.Delete(weights);
                File.WriteAllText(Path("model.safetensors.index.json"), """{"weight_map":{"a":"two.safetensors"}}""");
                break;
            case "another activation":
                ReplaceIn(Path("config.json"), "\"torch_dtype\"", "\"activation_function\":\"gelu_fast\",\"torch_dtype\"");
                break;
            case "another family": ReplaceIn(Path("config.json"), "\"opt\"", "\"llama9\""); break;
            case "fewer than no layers": ReplaceIn(Path("config.json"), "_layers\":2", "_layers\":-2"); break;
            case "billions of layers": ReplaceIn(Path("config.json"), "_layers\":2", "_layers\":2000000000"); break;
            case "a config that is not JSON": File.WriteAllText(Path("config.json"), "{"); break;
            case "a tokenizer of unknown type": ReplaceIn(Path("tokenizer.json"), "\"BPE\"", "\"Unheard\""); break;
            case "a tokenizer that is cut short":
                File.WriteAllText(Path("tokenizer.json"), File.ReadAllText(Path("tokenizer.json"))[..200]);
                break;
            default: throw new ArgumentException(flaw);
        }

        void ReplaceInHeader(byte[] file, string what, string with)
        {
            var length = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
            var header = Encoding.UTF8.GetString(file, 8, length);
            var at = header.IndexOf(what, StringComparison.Ordinal);
            Encoding.UTF8.GetBytes(with, file.AsSpan(8 + at));
            File.WriteAllBytes(weights, file);
        }

        static void ReplaceIn(string path, string what, string with) =>
            File.WriteAllText(path, File.ReadAllText(path).Replace(what, with, StringComparison.Ordinal));
    }
}
