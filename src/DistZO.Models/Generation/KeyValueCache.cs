using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Keys and values of tokens, layer by layer, that a pass finds in front of its own: those of tokens that were read before, so that the
/// next token alone has to be computed, and those of a trained prefix. Each sequence has a range of rows. The rows hold float32 and the
/// same bits that a pass over the whole sequence would compute.
/// </summary>
/// <param name="device">Where the model lives.</param>
internal sealed class KeyValueCache(Device device) : IDisposable
{
    private readonly Dictionary<(string Block, string Role), Activations> _buffers = [];
    private readonly List<int> _rows = [];
    private readonly List<int> _prefixRows = [];
    private readonly List<int> _prefixTokens = [];
    private int _tokens;

    /// <summary>Says which rows the tokens of the next pass take: those that its sequences call their own.</summary>
    /// <param name="sequences">Of the pass.</param>
    /// <param name="tokens">Rows in all; older rows are kept while it stays the same.</param>
    /// <param name="prefix">Tokens of a trained prefix, which the first rows of each sequence's prefix are.</param>
    public void Place(IReadOnlyList<TokenSequence> sequences, int tokens, int prefix)
    {
        _tokens = tokens;
        _rows.Clear();
        _prefixRows.Clear();
        _prefixTokens.Clear();
        foreach (var sequence in sequences)
        {
            for (var i = 0; i < sequence.Length; i++) _rows.Add(sequence.KeyStart + i);
            // Other sequences come after one that has brought it.
            if (sequence.PrefixLength != prefix) continue;
            for (var i = 0; i < prefix; i++)
            {
                _prefixRows.Add(sequence.PrefixStart + i);
                _prefixTokens.Add(i);
            }
        }
    }

    /// <summary>Puts the keys or values of a pass's tokens among the older ones, and returns the buffer of them all.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="block">Name of the layer.</param>
    /// <param name="role">"key" or "value".</param>
    /// <param name="x">The pass's own.</param>
    /// <param name="features">How many they are.</param>
    public Activations Add(Pass pass, string block, string role, FeatureSlice x, int features)
    {
        if (!_buffers.TryGetValue((block, role), out var buffer)) _buffers[(block, role)] = buffer = device.CreateActivations(features);
        device.Scatter(pass, x, CollectionsMarshal.AsSpan(_rows), buffer, _tokens);
        return buffer;
    }

    /// <summary>Puts a trained prefix in front of the sequences that begin in this pass; after <see cref="Add"/>.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="block">Name of the layer.</param>
    /// <param name="role">"key" or "value".</param>
    /// <param name="prefix">A row a token.</param>
    /// <param name="scratch">Of as many features.</param>
    public void AddPrefix(Pass pass, string block, string role, Parameter prefix, Activations scratch)
    {
        if (_prefixRows.Count == 0)
        {
            device.Fold(prefix, pass.Updates, pass.Step);
            return;
        }

        device.Lookup(pass, prefix, CollectionsMarshal.AsSpan(_prefixTokens), scratch, accumulate: false, foldsElsewhere: false);
        device.Scatter(pass, scratch, CollectionsMarshal.AsSpan(_prefixRows), _buffers[(block, role)], _tokens);
    }

    /// <summary>What a layer's keys or values are now, for the pass's only probe: [row][feature].</summary>
    public float[] Read(string block, string role)
    {
        var buffer = _buffers[(block, role)];
        var values = new float[buffer.Tokens * buffer.Features];
        device.Read(buffer, 0, values);
        return values;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers.Values) buffer.Dispose();
    }
}
