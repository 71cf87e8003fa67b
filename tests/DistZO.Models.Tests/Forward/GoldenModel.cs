using System.Runtime.InteropServices;
using System.Text.Json;
using DistZO.Devices;
using DistZO.Devices.Cpu;

namespace DistZO.Models.Tests;

/// <summary>A reference checkpoint with its golden outputs, loaded on the CPU.</summary>
internal sealed class GoldenModel : IDisposable
{
    private readonly Device _device;
    private readonly SafetensorsFile _golden;

    private GoldenModel(string directory)
    {
        Checkpoint = Checkpoint.Open(directory);
        _device = CpuDevice.Open(2);
        Model = ModelLoader.Load(_device, Checkpoint, WeightType.Float32);
        _golden = SafetensorsFile.Open(Path.Combine(directory, "golden.safetensors"));
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(directory, "golden.json")));
        var sequences = json.RootElement.GetProperty("sequences").EnumerateArray().ToArray();
        Sequences = sequences.Length;
        Float32Error = sequences.Max(s => s.GetProperty("f32_error").GetDouble());
    }

    public Checkpoint Checkpoint { get; }

    public Model Model { get; }

    public int Sequences { get; }

    /// <summary>The largest logit error of Transformers itself in float32.</summary>
    public double Float32Error { get; }

    /// <summary>All folders of reference models; the copy in the tests where there are none.</summary>
    public static TheoryData<string> Folders()
    {
        var root = Path.Combine(Fixtures.Root, "models");
        var copy = Path.Combine(Fixtures.Repository, "tests", "DistZO.Models.Tests", "Data");
        var folders = Directory.Exists(root) ? Directory.GetDirectories(root) : Directory.GetDirectories(copy);
        return [.. folders.Where(folder => File.Exists(Path.Combine(folder, "golden.json"))).Order(StringComparer.Ordinal)];
    }

    /// <summary>Those whose tokens see only what stands before them.</summary>
    public static TheoryData<string> CausalFolders()
    {
        var causal = new TheoryData<string>();
        foreach (string folder in Folders())
        {
            if (ModelConfig.Read(Path.Combine(folder, "config.json")).GetString("model_type") != "roberta") causal.Add(folder);
        }

        return causal;
    }

    public static GoldenModel Open(string directory) => new(directory);

    public int[] Ids(int k) => [.. MemoryMarshal.Cast<byte, long>(Bytes($"ids.{k}")).ToArray().Select(id => (int)id)];

    public float[] Floats(string name) => MemoryMarshal.Cast<byte, float>(Bytes(name)).ToArray();

    /// <summary>−log p of each token after the first; of a masked model, which has no golden ones, from the golden logits.</summary>
    public double[] NextTokenLosses(int k)
    {
        if (_golden.Entries.Any(e => e.Name == $"nll.{k}")) return [.. Floats($"nll.{k}").Select(nll => (double)nll)];
        var (ids, logits) = (Ids(k), Floats($"logits.{k}"));
        var rows = logits.Chunk(Model.Architecture.VocabularySize).ToArray();
        return [.. Enumerable.Range(1, ids.Length - 1).Select(i => Math.Log(rows[i - 1].Sum(l => Math.Exp(l))) - rows[i - 1][ids[i]])];
    }

    public Pass Pass(params int[][] sequences) => PassOf(sequences, [Probe.Plain], new UpdateHistory(), 0);

    public static Pass PassOf(int[][] sequences, Probe[] probes, UpdateHistory updates, int step)
    {
        var start = 0;
        var list = new List<TokenSequence>();
        foreach (var ids in sequences)
        {
            list.Add(new TokenSequence(start, ids.Length, 0, 0));
            start += ids.Length;
        }

        return new Pass { Tokens = sequences.SelectMany(ids => ids).ToArray(), Sequences = list, Probes = probes, Updates = updates, Step = step };
    }

    public double[] NextTokenLogProbabilities(Pass pass, int[][] sequences) => NextTokenLogProbabilities(Model, pass, sequences);

    /// <summary>log p of each token after the first of its sequence, for all probes: [probe][token].</summary>
    public static double[] NextTokenLogProbabilities(Model model, Pass pass, int[][] sequences)
    {
        var rows = new List<int>();
        var targets = new List<TokenTarget>();
        var start = 0;
        foreach (var ids in sequences)
        {
            for (var i = 0; i + 1 < ids.Length; i++)
            {
                targets.Add(new TokenTarget(rows.Count, ids[i + 1]));
                rows.Add(start + i);
            }

            start += ids.Length;
        }

        var result = new double[pass.Probes.Count * targets.Count];
        model.LogProbabilities(pass, [.. rows], [.. targets], result);
        return result;
    }

    public void Dispose()
    {
        Model.Dispose();
        _device.Dispose();
        _golden.Dispose();
        Checkpoint.Dispose();
    }

    private byte[] Bytes(string name)
    {
        var entry = _golden.Entries.Single(e => e.Name == name);
        var bytes = new byte[entry.Bytes];
        _golden.Read(entry, 0, bytes);
        return bytes;
    }
}
