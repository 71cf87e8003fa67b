using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// A Hugging Face model directory, open for reading: <c>config.json</c> and the tensors of <c>model.safetensors</c>, or of the
/// shards that <c>model.safetensors.index.json</c> names. Nothing else is read; other .safetensors files in the folder are not part
/// of the model. Opening reads headers only.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    public const string ConfigName = "config.json";
    public const string SingleName = "model.safetensors";
    public const string IndexName = "model.safetensors.index.json";

    // Files with pickled weights: reading one means running code that it holds.
    private static readonly string[] PickledNames = ["pytorch_model.bin", "pytorch_model.bin.index.json"];

    private readonly Dictionary<string, CheckpointTensor> _byName = [];
    private readonly List<CheckpointTensor> _tensors = [];
    private readonly List<SafetensorsFile> _files = [];

    private Checkpoint(string directory, ModelConfig config)
    {
        Directory = directory;
        Config = config;
    }

    /// <summary>The path it was opened by.</summary>
    public string Directory { get; }

    public ModelConfig Config { get; }

    /// <summary>All tensors, in the order of the shards' names and of the bytes in each.</summary>
    public IReadOnlyList<CheckpointTensor> Tensors => _tensors;

    /// <summary>The single file, or the shards ordered by name.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>Counts for people, over all files.</summary>
    public SafetensorsSummary Summary => SafetensorsSummary.Of([.. _files.SelectMany(file => file.Entries)]);

    /// <summary>The index, or null if the weights are in a single file.</summary>
    internal ShardIndex? Index { get; private set; }

    /// <summary>Opens a model directory.</summary>
    /// <exception cref="BadInputException">Something is missing or unsound; the message names the file and the fix.</exception>
    public static Checkpoint Open(string directory)
    {
        if (!System.IO.Directory.Exists(directory))
        {
            throw new BadInputException(
                $"'{directory}' is not a directory; give the folder of a downloaded model (with {ConfigName} and {SingleName})");
        }

        if (!File.Exists(Path.Combine(directory, ConfigName))) RefuseAdapter(directory);
        var checkpoint = new Checkpoint(directory, ModelConfig.Read(Path.Combine(directory, ConfigName)));
        try
        {
            checkpoint.OpenFiles();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <inheritdoc cref="SafetensorsFile.DropCachedPages"/>
    public void DropCachedPages()
    {
        foreach (var file in _files) file.DropCachedPages();
    }

    /// <summary>Finds a tensor by name.</summary>
    public bool TryGet(string name, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out CheckpointTensor tensor) =>
        _byName.TryGetValue(name, out tensor);

    /// <summary>The tensor of this name, which must be there.</summary>
    internal CheckpointTensor Find(string name) => _byName[name];

    public void Dispose()
    {
        foreach (var file in _files) file.Dispose();
    }

    /// <summary>An adapter, or the output of a run that has nothing else, is no model.</summary>
    private static void RefuseAdapter(string directory)
    {
        var inside = Path.Combine(directory, PeftWriter.FolderName);
        var adapter = PeftConfig.IsIn(directory) ? directory : inside;
        if (!PeftConfig.IsIn(adapter)) return;
        var config = ModelConfig.Read(Path.Combine(adapter, PeftWriter.ConfigName));
        throw new BadInputException(
            $"'{directory}' holds an adapter, not a model; give the model that it was trained on, and the adapter: "
            + $"--model {config.GetStringOr("base_model_name_or_path", "BASE")} --adapter {adapter} (evaluate and generate have the flag)");
    }

    private void OpenFiles()
    {
        // A single file goes before an index, as in Transformers.
        if (File.Exists(Path.Combine(Directory, SingleName)))
        {
            AddAll(SafetensorsFile.Open(Path.Combine(Directory, SingleName)));
        }
        else if (File.Exists(Path.Combine(Directory, IndexName)))
        {
            Index = ShardIndex.Read(Path.Combine(Directory, IndexName));
            OpenShards(Index);
        }
        else if (PickledNames.FirstOrDefault(name => File.Exists(Path.Combine(Directory, name))) is { } pickled)
        {
            throw new BadInputException(
                $"'{Path.Combine(Directory, pickled)}' holds pickled weights, which are not read because a pickle can run code; "
                + "convert them: load the model with transformers and save_pretrained it, or download its safetensors version");
        }
        else
        {
            throw new BadInputException($"'{Directory}' holds neither {SingleName} nor {IndexName}; download the model's weights into it");
        }
    }

    private void OpenShards(ShardIndex index)
    {
        foreach (var shard in index.WeightMap.Select(pair => pair.Value).Distinct().Order(StringComparer.Ordinal))
        {
            var path = Path.Combine(Directory, shard);
            if (!File.Exists(path)) throw new BadInputException($"'{path}' is missing, though '{index.Path}' names it; download it too");
            AddAll(SafetensorsFile.Open(path));
        }

        foreach (var (name, shard) in index.WeightMap)
        {
            if (!_byName.TryGetValue(name, out var tensor) || Path.GetFileName(tensor.Path) != shard)
            {
                throw JsonFile.Bad(index.Path, $"tensor '{name}' is listed in '{shard}', but is not there");
            }
        }

        if (_tensors.Count == index.WeightMap.Count) return;
        var listed = index.WeightMap.Select(pair => pair.Key).ToHashSet();
        var extra = _tensors.First(tensor => !listed.Contains(tensor.Name));
        throw JsonFile.Bad(index.Path, $"tensor '{extra.Name}' of '{Path.GetFileName(extra.Path)}' is not listed");
    }

    private void AddAll(SafetensorsFile file)
    {
        _files.Add(file);
        foreach (var entry in file.Entries)
        {
            var tensor = new CheckpointTensor(file, entry);
            if (!_byName.TryAdd(entry.Name, tensor))
            {
                throw JsonFile.Bad(file.Path, $"tensor '{entry.Name}' is also in '{Path.GetFileName(_byName[entry.Name].Path)}'");
            }

            _tensors.Add(tensor);
        }
    }
}
