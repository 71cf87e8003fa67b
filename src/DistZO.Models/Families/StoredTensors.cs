using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Makes sure that all that a checkpoint stores is part of the model that its config.json describes.</summary>
public static class StoredTensors
{
    private const int Named = 3;
    private const int ElementsPerChunk = 1 << 20;

    /// <summary>
    /// Ends of names, and a word within, that hold no weights of the model or none that a language model has: what transformers makes itself
    /// (masks, positions, frequencies), a version, RoBERTa's pooler. It passes over them too.
    /// </summary>
    private static readonly string[] HarmlessEnds = ["rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias", "position_ids", "decoder.version"];
    private const string HarmlessWord = "pooler.";

    /// <summary>Refuses tensors that the model has no place for: a config.json that asks for less than is there would ignore them.</summary>
    public static void RequireUsed(Checkpoint checkpoint, ModelArchitecture architecture)
    {
        var used = architecture.Tensors.Select(tensor => tensor.Name).Concat(architecture.Copies.Keys).ToHashSet();
        List<string> unused = [.. checkpoint.Tensors.Select(tensor => tensor.Name).Where(name => !used.Contains(name) && !IsHarmless(name))];
        if (unused.Count == 0) return;
        var more = unused.Count > Named ? $" and {unused.Count - Named} more" : "";
        throw new BadInputException(
            $"'{Path.Combine(checkpoint.Directory, Checkpoint.ConfigName)}': the {architecture.Family} model of {architecture.Layers.Count} layers that it describes has no place "
            + $"for stored tensors: {string.Join(", ", unused.Take(Named).Select(name => $"'{name}'"))}{more}; "
            + "correct the number of layers, biases, norms or the like there, or delete them from the checkpoint if they are of no use");
    }

    /// <summary>Refuses a checkpoint that stores a tensor a second time with other values: one of the two would be ignored. Reads both.</summary>
    public static void RequireEqualCopies(Checkpoint checkpoint, ModelArchitecture architecture)
    {
        foreach (var (name, spec) in architecture.Copies)
        {
            if (!checkpoint.TryGet(name, out var copy) || !checkpoint.TryGet(spec.Name, out var original) || AreEqual(copy, original)) continue;
            var fix = spec == architecture.HeadMatrix
                ? $"they are tied: set 'tie_word_embeddings' to false in '{Path.Combine(checkpoint.Directory, Checkpoint.ConfigName)}' if the model has a head of its own, or delete the copy"
                : "delete one, or download the checkpoint again";
            throw new BadInputException($"'{copy.Path}': tensor '{name}' differs from '{spec.Name}', of which it is a copy; {fix}");
        }
    }

    private static bool IsHarmless(string name) =>
        HarmlessEnds.Any(end => name.EndsWith(end, StringComparison.Ordinal)) || name.Contains(HarmlessWord, StringComparison.Ordinal);

    private static bool AreEqual(CheckpointTensor a, CheckpointTensor b)
    {
        if (!a.Shape.SequenceEqual(b.Shape)) return false;
        for (long at = 0; at < a.Elements; at += ElementsPerChunk)
        {
            var count = (int)Math.Min(ElementsPerChunk, a.Elements - at);
            if (!a.ReadFloat32(at, count).AsSpan().SequenceEqual(b.ReadFloat32(at, count))) return false;
        }

        return true;
    }
}
