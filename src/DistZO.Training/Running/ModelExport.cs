using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>
/// Writes a model's weights as a Hugging Face directory in the layout of its base. An adapter is written in PEFT's layout in a folder
/// <c>adapter</c> of it; where it can be merged into the base's weights, the directory also holds the merged model.
/// </summary>
public static class ModelExport
{
    /// <summary>Exports the weights as they are now.</summary>
    /// <param name="model">All tensors folded to one step.</param>
    /// <param name="source">The base checkpoint.</param>
    /// <param name="directory">Where to.</param>
    /// <param name="saveType">The number format; null for that of the base.</param>
    public static void Write(Model model, Checkpoint source, string directory, WeightType? saveType)
    {
        if (model.Part.IsAdapter) PeftWriter.Write(model, source, Path.Combine(directory, PeftWriter.FolderName));
        if (!IsWhole(model)) return;
        var byName = model.Parameters.ToDictionary(p => p.Name);
        var adapted = model.Architecture.Layers.SelectMany(layer => layer.Linears).Where(linear => linear.Lora is not null).ToDictionary(linear => linear.Weight.Name);
        CheckpointWriter.Write(source, directory, saveType, name =>
        {
            if (adapted.TryGetValue(name, out var linear)) return new ExportedWeights(WeightType.Float32, new MergedWeights(model, linear).Read);
            if (!byName.TryGetValue(name, out var parameter))
            {
                // Some checkpoints store a tied head a second time: both copies must say the same.
                if (!model.Architecture.Copies.TryGetValue(name, out var original)) return null;
                parameter = byName[original.Name];
            }

            var size = parameter.Type.Size();
            return new ExportedWeights(parameter.Type, (element, destination) => model.Read(parameter, element * size, destination));
        });
    }

    /// <summary>Bytes of weights that the end of a run writes: what <see cref="Write"/> does, and what an adapter started from.</summary>
    public static long BytesOf(Model model, Checkpoint source, WeightType? saveType)
    {
        var adapter = model.Part.IsAdapter ? 2 * sizeof(float) * model.TrainedCount : 0;
        return IsWhole(model) ? adapter + source.Tensors.Sum(Bytes) : adapter;

        long Bytes(CheckpointTensor tensor) => saveType is { } type && IsOf(model, tensor.Name) ? tensor.Elements * type.Size() : tensor.Bytes;
    }

    /// <summary>Takes back what an earlier export noted, before its files are replaced: a crash would leave some of either.</summary>
    public static void Unmark(RunDirectory directory)
    {
        if (!File.Exists(directory.Exported)) return;
        try
        {
            File.Delete(directory.Exported);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(directory.Exported, e);
        }

        DurableFile.SyncDirectory(directory.Cache);
    }

    /// <summary>Notes which weights the output directory holds, once they are complete.</summary>
    public static void MarkDone(RunDirectory directory, int step, ChainHash chain, WeightType? saveType)
    {
        Directory.CreateDirectory(directory.Cache);
        DurableFile.WriteAtomically(directory.Exported, file => file.Write(Mark(step, chain, saveType)));
    }

    /// <summary>Whether the output directory already holds exactly these weights.</summary>
    public static bool IsDone(RunDirectory directory, int step, ChainHash chain, WeightType? saveType) =>
        File.Exists(directory.Exported)
        && File.ReadAllBytes(directory.Exported).AsSpan().SequenceEqual(Mark(step, chain, saveType))
        && new[] { Checkpoint.SingleName, Checkpoint.IndexName, Path.Combine(PeftWriter.FolderName, PeftWriter.WeightsName) }.Any(name => File.Exists(Path.Combine(directory.Path, name)));

    /// <summary>Whether a model is written: of an adapter that can be merged into one, too.</summary>
    private static bool IsWhole(Model model) => model.Part is { IsAdapter: false } or { Lora: not null };

    private static bool IsOf(Model model, string name) => model.Architecture.Copies.ContainsKey(name) || model.Architecture.Tensors.Any(tensor => tensor.Name == name);

    private static byte[] Mark(int step, ChainHash chain, WeightType? saveType) =>
        Encoding.UTF8.GetBytes(new JsonObject { ["step"] = step, ["chain"] = chain.ToString(), ["dtype"] = saveType?.Name() ?? "base" }.ToJsonString());
}
