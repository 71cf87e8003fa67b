using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Fills a buffer with weights, little-endian, from element <paramref name="element"/> on; a whole number of elements.</summary>
public delegate void WeightReader(long element, Span<byte> destination);

/// <summary>The weights that an export puts in the place of a tensor's own.</summary>
/// <param name="Type">The format that they are held in; converted to the saved one where they differ.</param>
/// <param name="Read">Gives them; called from the first to the last, in pieces.</param>
public sealed record ExportedWeights(WeightType Type, WeightReader Read);

/// <summary>
/// Writes a model directory in the layout of the one it was trained from: the same files, the same tensors in the same order in each,
/// the same config. Every file is whole or not there; what makes the directory a model comes last: the index, or the single file.
/// Files that it does not write itself are left alone.
/// </summary>
public static class CheckpointWriter
{
    private static readonly JsonWriterOptions IndexStyle = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Indented = true,
        NewLine = "\n",
    };

    /// <summary>Exports a model.</summary>
    /// <param name="source">The base: names, shapes, layout, config and side files.</param>
    /// <param name="directory">Where to; made if it is not there. Not the source's own directory.</param>
    /// <param name="saveType">The format to save the model's tensors in; null keeps each tensor's own.</param>
    /// <param name="weights">The weights of a tensor by name; null for one that is not part of the model, which is copied as it is.</param>
    /// <exception cref="BadInputException">The directory cannot be written to, or it is the source's own.</exception>
    /// <exception cref="RunFailedException">The disk is full, or it failed.</exception>
    public static void Write(Checkpoint source, string directory, WeightType? saveType, Func<string, ExportedWeights?> weights)
    {
        RequirePlace(source, directory);
        var config = JsonFile.ReadBytes(Path.Combine(source.Directory, Checkpoint.ConfigName));
        WriteBytes(Path.Combine(directory, Checkpoint.ConfigName), saveType is { } type ? ConfigDType.Replace(config, type) : config);
        foreach (var name in SideFiles.In(source.Directory))
        {
            WriteBytes(Path.Combine(directory, name), JsonFile.ReadBytes(Path.Combine(source.Directory, name)));
        }

        // Shards of two exports must never look like one model, so an older index goes before the first shard is replaced.
        if (source.Index is not null) Remove(directory, Checkpoint.IndexName, Checkpoint.SingleName);
        long totalBytes = 0;
        foreach (var file in source.Files) totalBytes += WriteFile(source, file, directory, saveType, weights);
        if (source.Index is { } index) WriteBytes(Path.Combine(directory, Checkpoint.IndexName), IndexBytes(index, totalBytes));
        else Remove(directory, Checkpoint.IndexName);
    }

    private static long WriteFile(
        Checkpoint source, SafetensorsFile file, string directory, WeightType? saveType, Func<string, ExportedWeights?> weights)
    {
        var tensors = new List<TensorToWrite>();
        // Tensors are written one after the other, so one buffer serves all.
        var buffer = new ArrayBufferWriter<byte>();
        foreach (var entry in file.Entries)
        {
            var tensor = source.Find(entry.Name);
            tensors.Add(weights(entry.Name) is { } replacement
                ? Converted(tensor, replacement, saveType ?? tensor.WeightType, buffer)
                : new TensorToWrite(tensor.Name, tensor.DType, tensor.Shape, tensor.ReadBytes));
        }

        var metadata = file.Metadata.ContainsKey("format") ? file.Metadata : SafetensorsWriter.DefaultMetadata;
        SafetensorsWriter.Write(Path.Combine(directory, Path.GetFileName(file.Path)), tensors, metadata);
        return tensors.Sum(tensor => tensor.Bytes);
    }

    private static TensorToWrite Converted(CheckpointTensor tensor, ExportedWeights weights, WeightType type, ArrayBufferWriter<byte> buffer)
    {
        return new TensorToWrite(tensor.Name, type.SafetensorsName(), tensor.Shape, (offset, destination) =>
        {
            var element = offset / type.Size();
            if (weights.Type == type)
            {
                weights.Read(element, destination);
                return;
            }

            var bytes = destination.Length / type.Size() * weights.Type.Size();
            buffer.ResetWrittenCount();
            var held = buffer.GetSpan(bytes)[..bytes];
            weights.Read(element, held);
            WeightConversion.Convert(held, weights.Type, destination, type);
        });
    }

    /// <summary>The source's index with only <c>metadata.total_size</c> made right.</summary>
    private static byte[] IndexBytes(ShardIndex index, long totalBytes)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, IndexStyle))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            if (index.Json.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object)
            {
                CopyExcept("total_size", metadata, json);
            }

            json.WriteNumber("total_size", totalBytes);
            json.WriteEndObject();
            CopyExcept("metadata", index.Json, json);
            json.WriteEndObject();
        }

        return [.. bytes.WrittenSpan, (byte)'\n'];

        static void CopyExcept(string name, JsonElement json, Utf8JsonWriter writer)
        {
            foreach (var property in json.EnumerateObject())
            {
                if (property.Name != name) property.WriteTo(writer);
            }
        }
    }

    /// <summary>
    /// Makes the directory of an export, and makes sure that it can be written to and is not the base's own: for a run to find out before
    /// it trains.
    /// </summary>
    /// <exception cref="BadInputException">It cannot be written to, or it is the base's own.</exception>
    public static void RequirePlace(Checkpoint source, string directory)
    {
        if (File.Exists(directory)) throw new BadInputException($"'{directory}' is a file; choose another directory for the output");
        var probe = $".export-{Guid.NewGuid():N}";
        var path = Path.Combine(directory, probe);
        try
        {
            Directory.CreateDirectory(directory);
            File.WriteAllBytes(path, []);

            // Seen through the other path too? That finds links and mounts, which comparing the paths would not.
            var same = File.Exists(Path.Combine(source.Directory, probe));
            File.Delete(path);
            if (same) throw new BadInputException($"'{directory}' is the base model's own directory; choose another one for the output");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DurableFile.Explain(directory, e);
        }
    }

    private static void Remove(string directory, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            try
            {
                File.Delete(Path.Combine(directory, name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw DurableFile.Explain(Path.Combine(directory, name), e);
            }
        }

        DurableFile.SyncDirectory(directory);
    }

    private static void WriteBytes(string path, byte[] bytes) => DurableFile.WriteAtomically(path, file => file.Write(bytes), bytes.Length);
}
