using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>The matrix of a linear layer with its low-rank addition in it: W + scale·B·A, each element summed in binary64 over r in order and rounded once to float32.</summary>
public sealed class MergedWeights
{
    private readonly Model _model;
    private readonly Parameter _weight;
    private readonly bool _inputsFirst;
    private readonly float _scale;
    private readonly float[] _down;
    private readonly float[] _up;
    private readonly int _rank;

    /// <param name="model">All tensors folded to one step.</param>
    /// <param name="linear">A layer of it that has an addition.</param>
    public MergedWeights(Model model, LinearSpec linear)
    {
        var lora = linear.Lora ?? throw new ArgumentException("nothing is added to this layer", nameof(linear));
        (_model, _weight, _inputsFirst, _scale) = (model, model.Of(linear.Weight), linear.InputsFirst, lora.Scale);
        (_down, _up) = (model.Download(lora.Down), model.Download(lora.Up));
        _rank = (int)lora.Down.Shape[0];
    }

    /// <summary>Fills a buffer with float32, from an element on, as the checkpoint stores the matrix.</summary>
    public void Read(long element, Span<byte> destination)
    {
        var values = MemoryMarshal.Cast<byte, float>(destination);
        var stored = new byte[values.Length * _weight.Type.Size()];
        _model.Read(_weight, element * _weight.Type.Size(), stored);
        WeightConversion.Convert(stored, _weight.Type, destination, WeightType.Float32);
        var inputs = _down.Length / _rank;
        for (var i = 0; i < values.Length; i++)
        {
            var (row, column) = Math.DivRem(element + i, _weight.Columns);
            var (output, input) = _inputsFirst ? (column, row) : (row, column);
            var sum = 0.0;
            for (var r = 0; r < _rank; r++) sum += (double)_up[(output * _rank) + r] * _down[((long)r * inputs) + input];
            values[i] = (float)(values[i] + (_scale * sum));
        }
    }
}
