using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// The cosines and sines that the tokens of a pass turn by. They stand in a frozen table, one row a position, which is no tensor of the
/// model and grows with the longest sequence.
/// </summary>
internal sealed class RotaryAngles(Device device, RotarySpec rotary) : IDisposable
{
    private const int FewestRows = 64;
    private Parameter? _table;

    /// <summary>For each token of the pass the cosines, then the sines, of its position's angles.</summary>
    public Activations Angles { get; } = device.CreateActivations(rotary.Width);

    /// <summary>Looks up the angles of these positions, one a token.</summary>
    public void Load(Pass pass, ReadOnlySpan<int> positions)
    {
        var rows = FewestRows;
        foreach (var position in positions) rows = Math.Max(rows, position + 1);
        if (_table is null || _table.Rows < rows)
        {
            // Twice as many as before at least, so that ever longer sequences make few tables.
            rows = Math.Max(rows, 2 * (_table?.Rows ?? 0));
            _table?.Dispose();
            _table = null;
            _table = Table(rows);
        }

        device.Lookup(pass, _table, positions, Angles, accumulate: false, foldsElsewhere: true);
    }

    public void Dispose()
    {
        Angles.Dispose();
        _table?.Dispose();
    }

    private Parameter Table(int rows)
    {
        var half = rotary.Frequencies.Count;
        var values = new float[rows * rotary.Width];
        for (var position = 0; position < rows; position++)
        {
            var row = values.AsSpan(position * rotary.Width, rotary.Width);
            for (var i = 0; i < half; i++)
            {
                var angle = position * rotary.Frequencies[i];
                var (sin, cos) = ExactMath.SinCos(angle);
                (row[i], row[i + half]) = ((float)cos, (float)sin);
            }
        }

        var memory = device.Allocate((long)values.Length * sizeof(float));
        device.Upload(MemoryMarshal.AsBytes<float>(values), memory, 0);
        return new Parameter("rotary angles", [rows, rotary.Width], TensorRole.Embedding, 0, trainable: false, WeightType.Float32, memory);
    }
}
