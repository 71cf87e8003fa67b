using System.Text.Json;

namespace DistZO.Cli.Tests.Commands;

/// <summary>
/// A folder with a model that is small enough for a whole run to take a moment (<see cref="TinyModel"/>), and rows for it.
/// </summary>
internal sealed class TinyRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private readonly string _family;

    public TinyRun(int modelSeed = 1, string family = "opt", int layers = 2)
    {
        _family = family;
        TinyModel.Write(Model, modelSeed, family, layers);
        TinyModel.WriteRows(Data, 23);
        TinyModel.WriteRows(Held, 7);
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
            "--prompt", TinyModel.Question(_family).Prompt, "--choices", TinyModel.Question(_family).Choices, "--batch-size", "4", "--learning-rate", "1e-3",
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
                .Where(field => field.Name is not ("tokens_per_second" or "scoring_seconds" or "elapsed_seconds" or "remaining_seconds")));
        }),
    ];

    public void Dispose() => _folder.Dispose();
}
