using System.Globalization;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;

namespace DistZO.Training;

/// <summary>
/// The trained weights at some steps: shortcuts that bound how many steps a resume replays. A snapshot is a safetensors file with all trained
/// tensors at one step, and that step, its chain hash and the weights digest in the metadata. It is only believed if its chain hash is the
/// ledger's at that step and its weights give its digest.
/// </summary>
public sealed class SnapshotStore
{
    private const string Extension = ".safetensors";
    private const string Prefix = "step-";

    /// <summary>Weights × steps that are replayed within some ten to twenty seconds on two cores.</summary>
    private const double ReplayBudget = 2e10;

    private readonly string _directory;
    private readonly int _limit;
    private int _latestTrusted = int.MaxValue;

    /// <param name="directory">Where they lie; made at the first save.</param>
    /// <param name="limit">How many are kept, the newest.</param>
    public SnapshotStore(string directory, int limit) => (_directory, _limit) = (directory, limit);

    /// <summary>The number of steps between snapshots that keeps a resume well under a minute.</summary>
    public static int AutomaticInterval(long weights) => (int)Math.Clamp(ReplayBudget / Math.Max(1, weights), 1, int.MaxValue);

    /// <summary>Bytes that one snapshot of a model takes.</summary>
    public static long BytesOf(Model model) => model.Trained.Sum(p => p.Length * p.Type.Size());

    /// <summary>
    /// Writes the weights, which must all be folded to <paramref name="step"/>, the run's last, durably; then deletes the oldest ones, and
    /// what is no use to the run: snapshots of later steps, which are another run's, and what a kill left half written.
    /// </summary>
    public void Save(Model model, int step, ChainHash chain)
    {
        CreateDirectory();
        var metadata = new Dictionary<string, string>
        {
            ["format"] = "pt",
            ["step"] = step.ToString(CultureInfo.InvariantCulture),
            ["chain"] = chain.ToString(),
            ["weights_digest"] = WeightsDigest.Text(model.Digest()),
        };
        var tensors = model.Trained.Select(p => new TensorToWrite(
            p.Name,
            p.Type.SafetensorsName(),
            p.Shape,
            (offset, destination) => model.Read(p, offset, destination)));
        SafetensorsWriter.Write(PathOf(step), SafetensorsWriter.InStandardOrder(tensors), metadata);
        DeleteAllBut([.. List().Select(snapshot => snapshot.Path).SkipWhile(path => path != PathOf(step)).Take(_limit)]);
    }

    /// <summary>
    /// Loads the newest snapshot at or before <paramref name="step"/> into the model, and returns its step; 0, with the model as it is
    /// at the base, if there is none. One that cannot be used is skipped and named.
    /// </summary>
    /// <param name="model">Holds the base weights, unfolded.</param>
    /// <param name="history">The run that the snapshot must belong to.</param>
    /// <param name="step">The latest step wanted.</param>
    /// <param name="reloadBase">Puts the base weights back, should a snapshot turn out to be damaged when it is half loaded.</param>
    /// <param name="notice">Receives one line for each snapshot that is skipped.</param>
    public int Restore(Model model, RunHistory history, int step, Action reloadBase, Action<string> notice)
    {
        foreach (var (at, path) in List())
        {
            if (at > step || at > _latestTrusted) continue;
            try
            {
                using var file = SafetensorsFile.Open(path);
                if (!IsOf(file, history, at)) throw new BadInputException("it belongs to another run");
                Load(model, file, at);
                return at;
            }
            catch (BadInputException e)
            {
                notice($"snapshot '{path}' is skipped: {e.Message}");
                reloadBase();
            }
        }

        return 0;
    }

    /// <summary>Restores no more from the snapshots of later steps, and leaves them where they are: they are somebody else's.</summary>
    public void DistrustAfter(int step) => _latestTrusted = Math.Min(_latestTrusted, step);

    /// <summary>Deletes the snapshots of later steps, which cannot be trusted any more.</summary>
    public void DeleteAfter(int step)
    {
        if (Directory.Exists(_directory)) DeleteAllBut([.. List().Where(snapshot => snapshot.Step <= step).Select(snapshot => snapshot.Path)]);
    }

    private static bool IsOf(SafetensorsFile file, RunHistory history, int step) =>
        file.Metadata.TryGetValue("chain", out var text) && ChainHash.Parse(text) is { } chain && history.IsPrefix(step, chain);

    private static void Load(Model model, SafetensorsFile file, int step)
    {
        foreach (var parameter in model.Trained)
        {
            var entry = file.Find(parameter.Name);
            if (entry is null || entry.DType != parameter.Type.SafetensorsName() || !entry.Shape.SequenceEqual(parameter.Shape))
                throw new BadInputException($"its tensor '{parameter.Name}' is missing or of another kind");
        }

        model.Replace(step, (parameter, offset, bytes) => file.Read(file.Find(parameter.Name)!, offset, bytes));
        if (!file.Metadata.TryGetValue("weights_digest", out var digest) || digest != WeightsDigest.Text(model.Digest()))
            throw new BadInputException("its weights do not give its digest, so it is damaged");
    }

    private string PathOf(int step) => Path.Combine(_directory, $"{Prefix}{step:D9}{Extension}");

    /// <summary>Snapshots by step, the newest first.</summary>
    private IEnumerable<(int Step, string Path)> List()
    {
        if (!Directory.Exists(_directory)) return [];
        var found = new List<(int Step, string Path)>();
        foreach (var path in Directory.GetFiles(_directory, Prefix + "*" + Extension))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path)[Prefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var step))
                found.Add((step, path));
        }

        return found.OrderByDescending(snapshot => snapshot.Step);
    }

    private void DeleteAllBut(IReadOnlyList<string> kept)
    {
        string[] names = [Prefix + "*" + Extension, Prefix + "*" + Extension + DurableFile.TemporarySuffix];
        foreach (var path in names.SelectMany(name => Directory.GetFiles(_directory, name)).Except(kept))
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw DurableFile.Explain(path, e);
            }
        }
    }

    private void CreateDirectory()
    {
        try
        {
            Directory.CreateDirectory(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(_directory, e);
        }
    }
}
