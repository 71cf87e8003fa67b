using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// A language model on a device. Its weights are a function of the base checkpoint and the updates folded into them; every
/// call sees them at exactly the step that the pass names.
/// </summary>
public sealed class Model : IDisposable
{
    private static readonly Probe[] Plain = [Probe.Plain];

    private readonly Dictionary<string, Parameter> _byName;
    private readonly BlockForward _forward;
    private readonly WeightVisits _weights;

    // The visits of each layer.
    private readonly LayerVisit[][] _layers;
    private KeyValueCache? _prefixed;

    /// <param name="device">Where the model lives; must outlive it.</param>
    /// <param name="part">What the model is made of, and what of it is trained.</param>
    /// <param name="parameters">Its tensors in the order of their ordinals; owned by the model from here on.</param>
    /// <param name="initial">What added tensors start from; null where there are none.</param>
    public Model(Device device, ModelPart part, IReadOnlyList<Parameter> parameters, InitialValues? initial = null)
        : this(device, part, parameters, initial, null, null, null)
    {
    }

    /// <param name="device">Where the model is computed; must outlive it.</param>
    /// <param name="part">What the model is made of, and what of it is trained.</param>
    /// <param name="parameters">Its tensors in the order of their ordinals; owned by the model from here on.</param>
    /// <param name="initial">What added tensors start from; null where there are none.</param>
    /// <param name="visits">Brings the layers that do not stay on the device; owned; null where all stay.</param>
    /// <param name="kept">Those that stay and are stored too; owned; null for none.</param>
    /// <param name="store">Where both are stored; owned; null for nowhere.</param>
    internal Model(
        Device device, ModelPart part, IReadOnlyList<Parameter> parameters, InitialValues? initial, IBlockVisits? visits, KeptBlocks? kept, IBlockStore? store)
    {
        (Device, Part, Parameters, Initial) = (device, part, parameters, initial ?? InitialValues.None);
        _byName = parameters.ToDictionary(p => p.Name);
        _forward = new BlockForward(device, _byName, part.Architecture);
        _weights = new WeightVisits(device, parameters, visits, kept, store);
        List<string> streamed = [.. visits?.Blocks.Select(block => block.Layout.Name) ?? []];
        _layers = [.. part.Architecture.Layers.Select(VisitsOf)];

        LayerVisit[] VisitsOf(TransformerBlock layer)
        {
            var parts = layer.Parts;
            return streamed.Contains(parts[0].Name)
                ? [.. parts.Select(one => new LayerVisit(one.Name, one.Operations, streamed.IndexOf(one.Name)))]
                : [new LayerVisit(layer.Name, layer.Operations, null)];
        }
    }

    public Device Device { get; }

    /// <summary>What of it is trained.</summary>
    public ModelPart Part { get; }

    /// <summary>What added tensors start from.</summary>
    public InitialValues Initial { get; }

    public ModelArchitecture Architecture => Part.Architecture;

    /// <summary>All tensors in the order of their ordinals, the trained ones first.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The trained tensors in the order of the layout.</summary>
    public IEnumerable<Parameter> Trained => Parameters.Take(Part.Trained.Count);

    /// <summary>Weights in the model; a tied tensor counts once.</summary>
    public long ParameterCount => Parameters.Sum(p => p.Length);

    /// <summary>Weights that are trained.</summary>
    public long TrainedCount => Trained.Sum(p => p.Length);

    /// <summary>Bytes that the weights take.</summary>
    public long Bytes => Parameters.Sum(p => p.Length * p.Type.Size());

    /// <summary>The parameter of a tensor.</summary>
    public Parameter Of(TensorSpec tensor) => _byName[tensor.Name];

    /// <summary>Whether weights are stored outside of the device, so that the next start finds them.</summary>
    public bool IsStored => _weights.AreStored;

    /// <summary>
    /// Takes of each block that is stored outside of the device the newest version that is the run's. Called before anything is computed.
    /// </summary>
    /// <param name="belongs">Tells which are.</param>
    public Recalled Recall(Func<StoredVersion, bool> belongs) => _weights.Recall(belongs);

    /// <summary>What slots wait for where one is behind.</summary>
    internal const string OtherSlots = "the other slots";

    /// <summary>Takes what is computed when; null for nobody.</summary>
    public ITraceSink? Trace { get; set; }

    /// <summary>The track of what is computed.</summary>
    public string Track { get; set; } = "compute";

    /// <summary>The track of what the thread waits for that drives the device.</summary>
    public string HostTrack { get; set; } = "host";

    /// <summary>K: a streamed block is written back every so many steps; null where none is, or while that is being measured.</summary>
    public int? WriteBackSteps => Visits?.WriteBackSteps;

    /// <summary>Bytes of the blocks that are streamed, and of what of them is trained.</summary>
    public (long All, long Trained) StreamedBytes =>
        (Visits?.Blocks.Sum(block => block.Layout.Bytes) ?? 0, Visits?.Blocks.Sum(block => block.Layout.TrainedBytes) ?? 0);

    /// <summary>For measuring: brings every streamed block and takes it away as a step does, and leaves the weights in disorder.</summary>
    internal void MoveWithoutComputing() => _weights.MoveWithoutComputing();

    /// <summary>Names the run to what is stored: its chain hash after so many steps.</summary>
    public void Follow(Func<int, ulong> chainAt) => _weights.Follow(chainAt);

    /// <summary>The stored values of a tensor as float32, row-major.</summary>
    public float[] Download(TensorSpec tensor)
    {
        var parameter = Of(tensor);
        var (stored, values) = (new byte[parameter.Length * parameter.Type.Size()], new float[parameter.Length]);
        Read(parameter, 0, stored);
        WeightConversion.Convert(stored, parameter.Type, MemoryMarshal.AsBytes(values.AsSpan()), WeightType.Float32);
        return values;
    }

    /// <summary>
    /// Log-probabilities of chosen tokens for every probe of the pass.
    /// </summary>
    /// <param name="pass">Tokens, probes and step.</param>
    /// <param name="rows">The token rows that are scored, distinct.</param>
    /// <param name="targets">What is wanted; <see cref="TokenTarget.Row"/> is an index into <paramref name="rows"/>.</param>
    /// <param name="result">[probe][target], natural logarithms.</param>
    public void LogProbabilities(Pass pass, ReadOnlySpan<int> rows, ReadOnlySpan<TokenTarget> targets, Span<double> result)
    {
        var y = RunBlocks(pass, rows);
        pass.BeforeBlock?.Invoke();
        var began = TraceClock.Now;
        Device.LogProbabilities(pass, _forward.Of(Architecture.HeadMatrix), _forward.Find(Architecture.Head.Bias), y, targets, result);
        Note(Architecture.Head.Name, began);
        _weights.End();
    }

    /// <summary>
    /// Visits all layers as a pass does, and computes nothing: the part of a slot without work in a pass that others make with it.
    /// </summary>
    /// <param name="updates">As <see cref="Pass.Updates"/>.</param>
    /// <param name="step">As <see cref="Pass.Step"/>.</param>
    /// <param name="beforeBlock">As <see cref="Pass.BeforeBlock"/>.</param>
    internal void Walk(UpdateHistory updates, int step, Action? beforeBlock)
    {
        var began = TraceClock.Now;
        _weights.Walk(updates, step, beforeBlock);
        WaitedForSlots(began);
    }

    /// <summary>All logits of the chosen rows for the pass's probe <paramref name="probe"/>: [rows, vocabulary], row-major.</summary>
    public float[] Logits(Pass pass, ReadOnlySpan<int> rows, int probe = 0)
    {
        var y = RunBlocks(pass, rows);
        return Logits(pass, y, probe);
    }

    /// <summary>Receives logits [rows, vocabulary], row-major, of some of the rows that were asked for.</summary>
    /// <param name="first">Index of the first row.</param>
    /// <param name="logits">Valid during the call.</param>
    internal delegate void LogitsReader(int first, ReadOnlySpan<float> logits);

    /// <summary>All logits of the chosen rows for the first probe, of tokens that follow those in a cache.</summary>
    /// <param name="pass">Its sequences name their rows of the cache.</param>
    /// <param name="rows">The token rows of the pass that are wanted.</param>
    /// <param name="cache">Gets the keys and values of the pass's tokens.</param>
    /// <param name="cacheRows">Rows of the cache in all.</param>
    /// <param name="rowsPerRead">So many rows at a time.</param>
    /// <param name="reader">Receives them.</param>
    internal void NextLogits(Pass pass, ReadOnlySpan<int> rows, KeyValueCache cache, int cacheRows, int rowsPerRead, LogitsReader reader)
    {
        var y = RunBlocks(pass, rows, cache, cacheRows);
        if (rows.Length <= rowsPerRead)
        {
            reader(0, Logits(pass, y, 0));
            return;
        }

        using var part = Device.CreateActivations(y.Features);
        for (var first = 0; first < rows.Length; first += rowsPerRead)
        {
            var count = Math.Min(rowsPerRead, rows.Length - first);
            Device.Gather(pass, y, [.. Enumerable.Range(first, count)], part);
            reader(first, Logits(pass, part, 0));
        }
    }

    /// <summary>Folds all weights up to a step, in one pass over them, wherever they are.</summary>
    public void Fold(UpdateHistory updates, int step) => _weights.Fold(updates, step);

    /// <summary>The weights digest (philox-v1), over all tensors as stored. All must be folded to one step.</summary>
    public UInt128 Digest() => _weights.Digest();

    /// <summary>Copies bytes of a parameter as it is stored, from a byte of it on, wherever it is.</summary>
    public void Read(Parameter parameter, long offset, Span<byte> destination) => _weights.Read(parameter, offset, destination);

    /// <summary>Gives bytes of a parameter, from a byte of it on.</summary>
    public delegate void ParameterReader(Parameter parameter, long offset, Span<byte> destination);

    /// <summary>How often other weights were put in the place of those that were there.</summary>
    internal int Replacements => _weights.Replacements;

    /// <summary>Brings the parts of layers that do not stay on the device; null where all stay.</summary>
    internal IBlockVisits? Visits => _weights.Streamed;

    /// <summary>Puts other weights in the place of all trained ones: those at a step.</summary>
    public void Replace(int step, ParameterReader read) => _weights.Replace(step, read);

    /// <summary>As <see cref="WeightVisits.Each"/>.</summary>
    internal void Visit(WriteBack write, Action<Parameter> action) => _weights.Each(write, action);

    public void Dispose()
    {
        _forward.Dispose();
        _prefixed?.Dispose();
        _weights.Dispose();
    }

    private void Layer(Pass pass, int index, Activations x, KeyValueCache? cache)
    {
        foreach (var visit in _layers[index])
        {
            if (visit.Block is not { } block)
            {
                Compute(visit);
                continue;
            }

            var entered = TraceClock.Now;
            var left = entered;
            _weights.Visit(block, WriteBack.WhenDue, () =>
            {
                Waited(visit.Name, entered);
                Compute(visit);
                left = TraceClock.Now;
            });
            WaitedForSlots(left);
        }

        void Compute(in LayerVisit visit)
        {
            var began = TraceClock.Now;
            _forward.Layer(pass, Architecture.Layers[index], visit.Operations, x, cache);
            Note(visit.Name, began);
        }
    }

    /// <summary>What of a layer is computed at a time.</summary>
    /// <param name="Name">The part's, or the layer's.</param>
    /// <param name="Operations">In their order.</param>
    /// <param name="Block">The streamed block that has their tensors; null where they stay on the device.</param>
    private readonly record struct LayerVisit(string Name, IReadOnlyList<LayerOperation> Operations, int? Block);

    /// <summary>The thread that drives the device went on.</summary>
    internal void Waited(string what, long began) => HostWaits.Note(Trace, HostTrack, what, began);

    private void WaitedForSlots(long began)
    {
        if (Visits is SlotVisits) Waited(OtherSlots, began);
    }

    private void Note(string name, long began) => Trace?.Add(new TraceSpan(Track, name, began, TraceClock.Now, 0));

    private float[] Logits(Pass pass, Activations y, int probe)
    {
        pass.BeforeBlock?.Invoke();
        using var logits = Device.CreateActivations(Architecture.VocabularySize);
        Device.Linear(pass, _forward.Of(Architecture.HeadMatrix), _forward.Find(Architecture.Head.Bias), y, logits, Activation.None, Merge.Replace);
        var result = new float[y.Tokens * Architecture.VocabularySize];
        Device.Read(logits, probe, result);
        return result;
    }

    private Activations RunBlocks(Pass pass, ReadOnlySpan<int> rows, KeyValueCache? cache = null, int cacheRows = 0)
    {
        var began = TraceClock.Now;
        _weights.Begin(pass.Updates, pass.Step);
        WaitedForSlots(began);
        var count = Architecture.VirtualTokens;
        if (cache is null && count > 0)
        {
            cache = _prefixed ??= new KeyValueCache(Device);
            pass = VirtualTokens.Behind(pass, count, out cacheRows);
        }

        if (Architecture.Embedding.Prompt is not null)
        {
            var inlined = rows.ToArray();
            (pass, count) = (VirtualTokens.Inline(pass, count, inlined, _forward.VirtualRows), 0);
            rows = inlined;
        }

        cache?.Place(pass.Sequences, cacheRows, count);

        // Before the first block that is trained all probes see the same, so one is enough.
        var shared = pass.Probes.Count == 1 ? 0 : Math.Min(Part.FrozenBlocks, cache is null ? Architecture.Layers.Count + 1 : 1);
        var first = shared > 0 ? pass with { Probes = Plain } : pass;
        first.BeforeBlock?.Invoke();
        began = TraceClock.Now;
        var x = _forward.Embed(first, Architecture.Embedding);
        Note(Architecture.Embedding.Name, began);
        for (var i = 0; i < Architecture.Layers.Count; i++)
        {
            if (i + 1 == shared) x = _forward.Spread(pass, x);
            pass.BeforeBlock?.Invoke();
            Layer(i + 1 < shared ? first : pass, i, x, cache);
        }

        if (shared > Architecture.Layers.Count) x = _forward.Spread(pass, x);
        return _forward.BeforeVocabulary(pass, Architecture.Head, x, rows);
    }
}
