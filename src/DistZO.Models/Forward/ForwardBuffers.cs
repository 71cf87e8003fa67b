using DistZO.Devices;

namespace DistZO.Models;

/// <summary>The activations of a forward pass, kept from pass to pass.</summary>
internal sealed class ForwardBuffers : IDisposable
{
    private readonly Device _device;
    private readonly Dictionary<(string Role, int Features), Activations> _buffers = [];

    public ForwardBuffers(Device device) => _device = device;

    /// <summary>The buffer for a role ("query", "hidden", …) and a width; made at its first use.</summary>
    public Activations Get(string role, int features)
    {
        if (!_buffers.TryGetValue((role, features), out var buffer))
            _buffers[(role, features)] = buffer = _device.CreateActivations(features);
        return buffer;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers.Values) buffer.Dispose();
    }
}
