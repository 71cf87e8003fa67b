namespace DistZO.Runs;

/// <summary>
/// The names of a run's files. The output directory is the Hugging Face directory itself; what only DistZO reads lies beside it.
/// </summary>
public sealed class RunDirectory(string path)
{
    public const string LedgerName = "run.zol";
    public const string InitialValuesName = "init.safetensors";
    public const string MetricsName = "metrics.jsonl";

    /// <summary>The output directory as the user named it.</summary>
    public string Path => path;

    /// <summary>The append-only record of committed steps: the run itself.</summary>
    public string Ledger => System.IO.Path.Combine(path, LedgerName);

    /// <summary>What tensors start from that the base model lacks.</summary>
    public string InitialValues => System.IO.Path.Combine(path, InitialValuesName);

    /// <summary>One JSON line a step and an evaluation.</summary>
    public string Metrics => System.IO.Path.Combine(path, MetricsName);

    /// <summary>What can be made again from the ledger.</summary>
    public string Cache => System.IO.Path.Combine(path, ".distzo");

    /// <summary>Full weights at some steps, to bound the replay of a resume.</summary>
    public string Snapshots => System.IO.Path.Combine(Cache, "snapshots");

    /// <summary>Layers that come from disk, unless the recipe names another place.</summary>
    public string Blocks => BlocksIn(Cache);

    /// <summary>Evaluations by chain hash.</summary>
    public string Evaluations => System.IO.Path.Combine(Cache, "evaluations.jsonl");

    /// <summary>Says which step the exported weights are at, once they are complete.</summary>
    public string Exported => System.IO.Path.Combine(Cache, "exported.json");

    /// <summary>TensorBoard event files.</summary>
    public string TensorBoard => System.IO.Path.Combine(path, "runs");

    /// <summary>Where layers lie in a cache.</summary>
    public static string BlocksIn(string cache) => System.IO.Path.Combine(cache, "blocks");
}
