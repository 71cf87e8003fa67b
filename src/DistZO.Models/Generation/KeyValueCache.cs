using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// Keys and values of the tokens that were read before, layer by layer, so that the next token alone has to be computed. Each sequence
/// has a range of rows. The rows hold float32 and the same bits that a pass over the whole sequence would compute.
/// </summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly Device _device;
    private readonly Dictionary<(string Block, string Role), Activations> _buffers = [];
    private readonly int[] _rows;
    private int _count;

    /// <param name="device">Where the model lives.</param>
    /// <param name="tokens">Rows in all.</param>
    public KeyValueCache(Device device, int tokens)
    {
        (_device, Tokens) = (device, tokens);
        _rows = new int[tokens];
    }

    /// <summary>Rows in all.</summary>
    public int Tokens { get; }

    /// <summary>Says which rows the tokens of the next pass take: those that its sequences call their own.</summary>
    public void Place(IReadOnlyList<TokenSequence> sequences)
    {
        _count = 0;
        foreach (var sequence in sequences)
        {
            for (var i = 0; i < sequence.Length; i++) _rows[_count++] = sequence.KeyStart + i;
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
        if (!_buffers.TryGetValue((block, role), out var buffer)) _buffers[(block, role)] = buffer = _device.CreateActivations(features);
        _device.Scatter(pass, x, _rows.AsSpan(0, _count), buffer, Tokens);
        return buffer;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers.Values) buffer.Dispose();
    }
}
