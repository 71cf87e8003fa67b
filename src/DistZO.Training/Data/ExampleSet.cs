using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DistZO.Devices;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>The rows of one data file as token ids, in the order of the file.</summary>
public sealed class ExampleSet
{
    /// <summary>Most loss terms of one probe in a step.</summary>
    public const int MostTerms = 1 << 20;

    private readonly IReadOnlyList<int> _endTokens;

    private ExampleSet(string path, RowShape shape, IReadOnlyList<string> labels, IReadOnlyList<int> endTokens, EncodedExample[] examples)
    {
        _endTokens = endTokens;
        Path = path;
        Shape = shape;
        Labels = labels;
        Examples = examples;
    }

    /// <summary>The file, as the user named it.</summary>
    public string Path { get; }

    /// <summary>What the rows are.</summary>
    public RowShape Shape { get; }

    /// <summary>As <see cref="PromptOptions.Labels"/>.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The rows, at least one.</summary>
    public IReadOnlyList<EncodedExample> Examples { get; }

    /// <summary>Reads and encodes a file. All rows must have the shape of the first. Throws <see cref="BadInputException"/>.</summary>
    public static ExampleSet Load(string path, ExampleEncoder encoder, RowUse use)
    {
        var examples = new List<EncodedExample>();
        RowShape? shape = null;
        foreach (var row in JsonlFile.Read(path))
        {
            shape ??= RowShapes.Of(encoder.Options, row);
            examples.AddRange(encoder.Encode(row, shape.Value, use));
        }
        if (examples.Count == 0) throw new BadInputException($"{path}: its rows hold no example");
        return new ExampleSet(path, shape!.Value, encoder.Options.Labels, encoder.Options.EndTokens, [.. examples]);
    }

    /// <summary>Where a prediction is counted in a <see cref="ConfusionTable"/> over <see cref="Labels"/>: its row and column.</summary>
    public (int Truth, int Predicted) Cell(EncodedExample sample, int predicted) => ConfusionTable.IsRightOrWrong(Labels)
        ? (0, sample.IsRight(predicted) ? 0 : 1)
        : (sample.Label, predicted);

    /// <summary>
    /// Refuses a batch size with which a step could have more than 2²⁰ loss terms (the limit that keeps their sum exact in 64 bits).
    /// </summary>
    public void RequireBatchSize(int batchSize)
    {
        // A written answer is one term.
        long most = (long)batchSize * Examples.Max(example => example.Text is null ? example.Terms : 1);
        if (most <= MostTerms) return;
        throw new BadInputException(
            $"batch_size: {batchSize} rows of {Path} can have {most} loss terms, more than {MostTerms}; lower batch_size or max_length");
    }

    /// <summary>Refuses ids that a model's embedding of so many rows has no row for, which another model's tokenizer makes.</summary>
    public void RequireVocabulary(int rows)
    {
        foreach (var example in Examples)
        {
            int highest = Math.Max(example.Prompt.Max(), example.Options.Max(option => option.Tokens.Max()));
            if (highest < rows) continue;
            throw new BadInputException(
                $"{Path}:{example.Line}: holds the token id {highest}, but the model's embedding has {rows} rows; " +
                "its tokenizer.json seems to be another model's");
        }
    }

    /// <summary>
    /// SHA-256 of all ids and label spans, for the run's identity. The bytes, every number a little-endian int32: ASCII
    /// <c>distzo-examples-v1</c>, the number of examples; then for each its label index, prompt length, prompt ids, number of options,
    /// and for each option its unscored length, its length, its ids; then, only where further options are right too, minus their
    /// number and their indices; then, only where what the model writes is scored, prompt, row (if it is kept) and right answers as text, each
    /// its number of UTF-8 bytes and the bytes, and at the end of all the tokens that end a text. Of a masked language model the ASCII is
    /// <c>distzo-masked-examples-v1</c>, and the mask's place follows the prompt ids.
    /// </summary>
    public byte[] Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Examples[0].MaskAt is null ? "distzo-examples-v1"u8 : "distzo-masked-examples-v1"u8);
        Append(hash, Examples.Count);
        foreach (var example in Examples)
        {
            Append(hash, example.Label);
            Append(hash, example.Prompt.Length);
            Append(hash, example.Prompt);
            if (example.MaskAt is { } mask) Append(hash, mask);
            Append(hash, example.Options.Length);
            foreach (var option in example.Options)
            {
                Append(hash, option.Unscored);
                Append(hash, option.Tokens.Length);
                Append(hash, option.Tokens);
            }
            if (example.AlsoRight.Length > 0)
            {
                Append(hash, -example.AlsoRight.Length);
                Append(hash, example.AlsoRight);
            }
            if (example.Text is not { } text) continue;
            Append(hash, text.Prompt);
            if (text.Row is { } row) Append(hash, row);
            foreach (string reference in text.References) Append(hash, reference);
        }
        if (Examples[0].Text is not null) Append(hash, [.. _endTokens]);
        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Append(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void Append(IncrementalHash hash, params ReadOnlySpan<int> values)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (int value in values)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
            hash.AppendData(bytes);
        }
    }
}
