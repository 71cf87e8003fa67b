namespace DistZO.Devices.Cpu;

/// <summary>
/// Activations as the CPU kernels want them: tiles of 16 tokens, and within a tile one row of 16 lanes a feature —
/// [probe][token / 16][feature][token mod 16]. A lane is a token everywhere, so no kernel ever adds across lanes, the result of a
/// linear layer is already packed for the next one, and a token's bits cannot depend on its neighbours. Lanes past the last token
/// hold finite rubbish that is never read.
/// </summary>
internal sealed unsafe class TileActivations(int features) : Activations
{
    /// <summary>Tokens a tile: the lanes of 512 bits.</summary>
    public const int Lanes = 16;

    private HostMemory? _memory;
    private int _tokens;

    public override int Features => features;

    public override int Tokens => _tokens;

    /// <summary>Tiles a probe.</summary>
    public int Tiles { get; private set; }

    /// <summary>Makes room for this many tokens of this many probes. The content is undefined after a change of shape.</summary>
    public void Resize(int tokens, int probes)
    {
        var tiles = (tokens + Lanes - 1) / Lanes;
        var bytes = (long)probes * tiles * features * Lanes * sizeof(float);
        if (_memory is null || _memory.Bytes < bytes)
        {
            _memory?.Dispose();
            _memory = new HostMemory(bytes);
        }

        _tokens = tokens;
        Tiles = tiles;
    }

    /// <summary>Feature 0 of a tile; feature f follows at f × 16 floats.</summary>
    public float* Tile(int probe, int tile) => (float*)_memory!.Pointer + (((long)probe * Tiles) + tile) * features * Lanes;

    public override void Dispose() => _memory?.Dispose();
}
