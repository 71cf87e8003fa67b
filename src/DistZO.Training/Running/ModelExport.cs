using System.Globalization;
using System.Text.Json;
using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>Writes a model's weights as a Hugging Face directory in the layout of its base.</summary>
public static class ModelExport
{
    /// <summary>Exports the weights as they are now.</summary>
    /// <param name="model">All tensors folded to one step.</param>
    /// <param name="source">The base checkpoint.</param>
    /// <param name="directory">Where to.</param>
    /// <param name="saveType">The number format; null for that of the base.</param>
    public static void Write(Model model, Checkpoint source, string directory, WeightType? saveType)
    {
        var byName = model.Parameters.ToDictionary(p => p.Name);
        CheckpointWriter.Write(source, directory, saveType, name =>
        {
            if (!byName.TryGetValue(name, out var parameter))
            {
                // Some checkpoints store a tied head a second time: both copies must say the same.
                if (name != "lm_head.weight" || !model.Architecture.IsTied) return null;
                parameter = byName[model.Architecture.HeadMatrix.Name];
            }

            var size = parameter.Type.Size();
            return new ExportedWeights(parameter.Type, (element, destination) => model.Device.Download(parameter.Storage, element * size, destination));
        });
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
        && (File.Exists(Path.Combine(directory.Path, Checkpoint.SingleName)) || File.Exists(Path.Combine(directory.Path, Checkpoint.IndexName)));

    private static byte[] Mark(int step, ChainHash chain, WeightType? saveType) =>
        JsonSerializer.SerializeToUtf8Bytes(new { step, chain = chain.ToString(), dtype = saveType?.Name() ?? "base" });
}
