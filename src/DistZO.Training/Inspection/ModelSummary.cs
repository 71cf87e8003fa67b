using System.Text.Json;
using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Training;

/// <summary>What a model directory holds, for <c>distzo inspect</c>. All weights are read and checked.</summary>
public sealed class ModelSummary
{
    private readonly TensorFacts _tensors;

    private ModelSummary(string family, string? unsupported, int files, string? tokenizerProblem, TensorFacts tensors) =>
        (Family, Unsupported, Files, TokenizerProblem, _tensors) = (family, unsupported, files, tokenizerProblem, tensors);

    /// <summary>model_type of config.json.</summary>
    public string Family { get; }

    /// <summary>Why the weights cannot be trained; null if they can.</summary>
    public string? Unsupported { get; }

    /// <summary>1, or how many shards.</summary>
    public int Files { get; }

    /// <summary>Why the tokenizer cannot be used; null if it can.</summary>
    public string? TokenizerProblem { get; }

    /// <summary>Why no run can be made of it; null if one can.</summary>
    public string? Problem => Unsupported ?? (TokenizerProblem is null ? null : $"its tokenizer cannot be used: {TokenizerProblem}");

    /// <summary>
    /// The weights digest over the tensors of the layout in its order, each in the number format of its file: for an exported run
    /// that was saved in its own format, the run's digest.
    /// </summary>
    public string WeightsDigest => _tensors.WeightsDigest;

    /// <summary>Reads a directory. Throws <see cref="BadInputException"/> where a file is missing or unsound.</summary>
    public static ModelSummary Read(string directory)
    {
        using var checkpoint = Checkpoint.Open(directory);
        var architecture = Try(() => Describe(checkpoint), out var unsupported);
        _ = Try(() => Tokenizer.Load(directory), out var tokenizer);
        var tensors = new TensorFacts(checkpoint.Tensors, checkpoint.Summary, architecture);
        var family = checkpoint.Config.GetStringOr("model_type", "unknown");
        return new ModelSummary(family, unsupported, checkpoint.Files.Count, tokenizer, tensors);
    }

    /// <summary>The summary for people, one line a fact.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"model directory, family {Family}, {(Files == 1 ? "one file" : $"{Files} shards")}";
        foreach (var line in _tensors.Lines()) yield return line;
        yield return Problem is null ? "can be trained" : $"cannot be trained: {Problem}";
        yield return TokenizerProblem is null ? "tokenizer: sound" : $"tokenizer: {TokenizerProblem}";
    }

    /// <summary>Writes the summary's members into an open JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteString("family", Family);
        json.WriteBoolean("supported", Unsupported is null);
        json.WriteNumber("files", Files);
        json.WriteBoolean("tokenizer", TokenizerProblem is null);
        _tensors.WriteJson(json);
    }

    private static ModelArchitecture Describe(Checkpoint checkpoint)
    {
        var architecture = ModelFamilies.Describe(checkpoint);
        foreach (var spec in architecture.Tensors)
        {
            if (!checkpoint.TryGet(spec.Name, out var tensor)) throw new BadInputException($"tensor '{spec.Name}' is missing");
            if (!tensor.Shape.SequenceEqual(spec.Shape))
            {
                throw new BadInputException(
                    $"tensor '{spec.Name}' has shape [{string.Join(", ", tensor.Shape)}], "
                    + $"config.json says [{string.Join(", ", spec.Shape)}]");
            }
        }

        StoredTensors.RequireEqualCopies(checkpoint, architecture);
        return architecture;
    }

    private static T? Try<T>(Func<T> read, out string? problem)
        where T : class
    {
        problem = null;
        try
        {
            return read();
        }
        catch (BadInputException e)
        {
            problem = e.Message;
            return null;
        }
    }
}
