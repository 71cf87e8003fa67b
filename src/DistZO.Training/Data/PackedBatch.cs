using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// Samples laid out for one forward pass, without padding. A sample of one option is one sequence: its prompt and its option but the
/// last token. Of a choice, the prompt is a sequence, computed once, and each option's tokens but the last are a sequence that has
/// the prompt as prefix (none for an option of one token). The log-probability of a token is read at the row of its predecessor, that
/// of a masked model's answers at the mask; only those rows are gathered for the head. Buffers are reused: the views are valid until the next <see cref="Pack"/>.
/// </summary>
public sealed class PackedBatch
{
    private readonly List<TokenSequence> _sequences = [];
    private readonly List<int> _gatherRows = [];
    private readonly List<TokenTarget> _targets = [];
    private readonly List<EncodedExample> _samples = [];
    private int[] _tokens = [];
    private int _count;

    /// <summary>Token ids of all sequences, one after the other.</summary>
    public ReadOnlyMemory<int> Tokens => _tokens.AsMemory(0, _count);

    /// <summary>Sequences that cover <see cref="Tokens"/> in order.</summary>
    public IReadOnlyList<TokenSequence> Sequences => _sequences;

    /// <summary>The rows of <see cref="Tokens"/> at which something is predicted: distinct and ascending.</summary>
    public ReadOnlySpan<int> GatherRows => CollectionsMarshal.AsSpan(_gatherRows);

    /// <summary>
    /// The wanted log-probabilities, sample by sample, option by option, token by token. Their rows count within
    /// <see cref="GatherRows"/>.
    /// </summary>
    public ReadOnlySpan<TokenTarget> Targets => CollectionsMarshal.AsSpan(_targets);

    /// <summary>What was packed.</summary>
    public ReadOnlySpan<EncodedExample> Samples => CollectionsMarshal.AsSpan(_samples);

    /// <summary>Terms of the loss of one probe.</summary>
    public int Terms { get; private set; }

    /// <summary>Lays out samples anew; a share of a batch is a slice of them. The same sample may stand there twice.</summary>
    public void Pack(ReadOnlySpan<EncodedExample> samples)
    {
        _count = 0;
        Terms = 0;
        _sequences.Clear();
        _gatherRows.Clear();
        _targets.Clear();
        _samples.Clear();
        foreach (var sample in samples)
        {
            _samples.Add(sample);
            Terms += sample.Terms;
            if (sample.MaskAt is { } mask) PackMasked(sample, mask);
            else if (sample.IsChoice) PackChoice(sample);
            else PackAnswer(sample.Prompt, sample.Options[0]);
        }
    }

    /// <summary>The prompt alone; every option's token is asked for at the mask.</summary>
    private void PackMasked(EncodedExample sample, int mask)
    {
        int start = _count;
        Append(sample.Prompt);
        _sequences.Add(new TokenSequence(start, sample.Prompt.Length, 0, 0));
        int row = AddRow(start + mask);
        foreach (var option in sample.Options) _targets.Add(new TokenTarget(row, option.Tokens[0]));
    }

    private void PackAnswer(int[] prompt, EncodedOption option)
    {
        int start = _count;
        Append(prompt);
        Append(option.Tokens.AsSpan(0, option.Tokens.Length - 1));
        _sequences.Add(new TokenSequence(start, _count - start, 0, 0));
        AddTargets(option, option.Unscored, start + prompt.Length - 1);
    }

    private void PackChoice(EncodedExample sample)
    {
        int prompt = _count;
        Append(sample.Prompt);
        _sequences.Add(new TokenSequence(prompt, sample.Prompt.Length, 0, 0));
        int lastRow = _count - 1;
        int lastGathered = -1;
        foreach (var option in sample.Options)
        {
            int start = _count;
            Append(option.Tokens.AsSpan(0, option.Tokens.Length - 1));
            if (_count > start) _sequences.Add(new TokenSequence(start, _count - start, prompt, sample.Prompt.Length));
            int first = option.Unscored;
            if (first == 0)
            {
                // Unscored tokens are equal in number for all options, so the prompt's last row comes first or not at all.
                if (lastGathered < 0) lastGathered = AddRow(lastRow);
                _targets.Add(new TokenTarget(lastGathered, option.Tokens[0]));
                first = 1;
            }
            AddTargets(option, first, start - 1);
        }
    }

    /// <summary>Targets of an option's tokens from <paramref name="first"/> on, where token i is predicted at row + i.</summary>
    private void AddTargets(EncodedOption option, int first, int row)
    {
        for (int i = first; i < option.Tokens.Length; i++) _targets.Add(new TokenTarget(AddRow(row + i), option.Tokens[i]));
    }

    private int AddRow(int row)
    {
        _gatherRows.Add(row);
        return _gatherRows.Count - 1;
    }

    private void Append(ReadOnlySpan<int> tokens)
    {
        if (_count + tokens.Length > _tokens.Length) Array.Resize(ref _tokens, Math.Max(_tokens.Length * 2, _count + tokens.Length));
        tokens.CopyTo(_tokens.AsSpan(_count));
        _count += tokens.Length;
    }
}
