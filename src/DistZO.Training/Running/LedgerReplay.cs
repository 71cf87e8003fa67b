using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>Makes the weights of any step of a run again from its base model and its ledger: no data and no tokenizer are needed.</summary>
public sealed class LedgerReplay : IDisposable
{
    private readonly RunHistory _history;
    private readonly Device _device;
    private readonly Checkpoint _checkpoint;
    private readonly Model _model;

    private LedgerReplay(LedgerContents ledger, Device device, Checkpoint checkpoint, Model model)
    {
        (_device, _checkpoint, _model) = (device, checkpoint, model);
        _history = new RunHistory(ledger);
        model.Follow(step => _history.ChainAt(step).Value);
    }

    /// <summary>Opens the base of a run. A wrong one is refused before it is loaded.</summary>
    /// <param name="ledger">The run.</param>
    /// <param name="model">Directory of the base model.</param>
    /// <param name="place">Says where weights are: gives the run's recipe with keys for that.</param>
    /// <param name="openDevice">Opens the device; called once the base is known to be the right one.</param>
    /// <param name="notice">Told, in a line for people, where the weights are and what was found there.</param>
    public static LedgerReplay Open(
        LedgerContents ledger, string model, Func<Recipe, Recipe> place, Func<Device> openDevice, Action<string> notice)
    {
        var checkpoint = Checkpoint.Open(model);
        Device? device = null;
        try
        {
            BaseModel.Require(ledger, checkpoint);
            device = openDevice();
            var recipe = place(ledger.Header.Identity.Recipe);
            var part = TrainedParts.Of(recipe, checkpoint);
            var placement = BaseWeights.Place([device], checkpoint, part, recipe, passes: []);
            foreach (var line in placement.Lines) notice(line);
            var digest = ledger.Header.Identity.BaseDigest;
            var loaded = BaseWeights.Load(device, checkpoint, part, recipe, placement, () => digest, notice, Initial(ledger, checkpoint));
            RequireSameStart(ledger, loaded);
            return new LedgerReplay(ledger, device, checkpoint, loaded);
        }
        catch
        {
            device?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>What lies beside the ledger, if it is the run's.</summary>
    private static InitialValues? Initial(LedgerContents ledger, Checkpoint checkpoint)
    {
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(ledger.Path))!, RunDirectory.InitialValuesName);
        if (ledger.Header.Identity.InitDigest is not { } digest || !File.Exists(path)) return null;
        var initial = InitialValuesFile.Read(TrainedParts.Of(ledger.Header.Identity.Recipe, checkpoint), path);
        return initial.Digest == digest ? initial : throw new BadInputException($"'{path}' does not have the digest that {ledger.Path} names; delete it to have it made again");
    }

    private static void RequireSameStart(LedgerContents ledger, Model model)
    {
        if (model.Initial.Digest == ledger.Header.Identity.InitDigest) return;
        model.Dispose();
        throw new BadInputException(
            $"{ledger.Path}: what its added tensors start from cannot be made again on this device ({model.Device.Arithmetic}); "
            + $"put the run's {RunDirectory.InitialValuesName} beside the ledger");
    }

    /// <summary>Brings the weights to a step.</summary>
    /// <param name="step">From 0 to the ledger's last.</param>
    /// <param name="snapshots">Shortcuts; null to trust nothing but base and ledger.</param>
    /// <param name="notice">Receives a line for each snapshot that cannot be used.</param>
    /// <param name="progress">Receives the step reached now and then.</param>
    /// <returns>The step that the replay started from.</returns>
    public int MoveTo(int step, SnapshotStore? snapshots, Action<string> notice, Action<int> progress) =>
        new Weights(_model, _checkpoint, snapshots).MoveTo(_history, step, notice, progress);

    /// <summary>The digest of the weights as they are held now (philox-v1), 32 hexadecimal digits.</summary>
    public string Digest() => WeightsDigest.Text(_model.Digest());

    /// <summary>Writes the weights as a Hugging Face directory.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="saveType">The number format; null for that of the base.</param>
    public void Export(string directory, WeightType? saveType) => ModelExport.Write(_model, _checkpoint, directory, saveType);

    public void Dispose()
    {
        _model.Dispose();
        _device.Dispose();
        _checkpoint.Dispose();
    }
}
