using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using DistZO.Devices.Cpu;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>
/// A model directory of a shape with random weights and a token for each byte, and rows of exactly so many tokens: what worker processes
/// open in the usual way.
/// </summary>
internal static class RandomCheckpoint
{
    private const int Bytes = 256;

    /// <summary>Writes the directory.</summary>
    public static void Write(string folder, string shape, ulong seed)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), ModelShapes.Config(shape));
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Tokenizer());
        using var device = CpuDevice.Open(Environment.ProcessorCount);
        using var model = RandomModel.Create(device, ModelPart.Full(ModelShapes.Find(shape)), seed);
        var tensors = model.Parameters.Select(parameter =>
        {
            var values = new float[parameter.Length];
            device.Download(parameter.Storage, 0, MemoryMarshal.AsBytes(values.AsSpan()));
            return new TensorToWrite(parameter.Name, "F32", parameter.Shape, (offset, target) =>
                MemoryMarshal.AsBytes(values.AsSpan()).Slice((int)offset, target.Length).CopyTo(target));
        });
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"), SafetensorsWriter.InStandardOrder(tensors), SafetensorsWriter.DefaultMetadata);
    }

    /// <summary>Writes rows with a field <c>text</c> of random letters, a token each.</summary>
    public static void WriteRows(string path, int rows, int tokens, ulong seed)
    {
        var random = new Random((int)(seed & int.MaxValue));
        File.WriteAllLines(path, Enumerable.Range(0, rows).Select(_ =>
            new JsonObject { ["text"] = new string([.. Enumerable.Range(0, tokens).Select(_ => (char)('a' + random.Next(26)))]) }.ToJsonString()));
    }

    /// <summary>Byte-level BPE without a merge: byte b has id b.</summary>
    private static string Tokenizer()
    {
        // Bytes without a printable character of their own, in order, are written from U+0100 on.
        static bool IsPrintable(int b) => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        static char Letter(int b) => (char)(IsPrintable(b) ? b : 0x100 + Enumerable.Range(0, b).Count(other => !IsPrintable(other)));
        static JsonObject ByteLevel() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true };
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["pre_tokenizer"] = ByteLevel(),
            ["decoder"] = ByteLevel(),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = new JsonObject(Enumerable.Range(0, Bytes).Select(b => KeyValuePair.Create<string, JsonNode?>(Letter(b).ToString(), b))),
                ["merges"] = new JsonArray(),
            },
        }.ToJsonString();
    }
}
