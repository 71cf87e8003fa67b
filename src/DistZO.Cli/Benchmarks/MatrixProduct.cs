using DistZO.Devices;
using DistZO.Models;

namespace DistZO.Cli.Benchmarks;

/// <summary>A matrix product on a device, rows × inner times inner × columns, as a linear layer without bias computes it.</summary>
internal sealed class MatrixProduct : IDisposable
{
    private readonly Device _device;
    private readonly Parameter _table;
    private readonly Parameter _weight;
    private readonly Activations _x;
    private readonly Activations _y;
    private readonly Pass _pass;
    private readonly int[] _rows;

    public MatrixProduct(Device device, int rows, int inner, int columns)
    {
        _device = device;
        _table = RandomModel.Tensor(device, new TensorSpec("activations", [rows, inner], TensorRole.Embedding), 0, 1);
        _weight = RandomModel.Tensor(device, new TensorSpec("weight", [columns, inner], TensorRole.Matrix), 1, 1);
        (_x, _y) = (device.CreateActivations(inner), device.CreateActivations(columns));
        _rows = [.. Enumerable.Range(0, rows)];
        _pass = new Pass
        {
            Tokens = _rows,
            Sequences = [new TokenSequence(0, rows, 0, 0)],
            Probes = [Probe.Plain],
            Updates = new UpdateHistory(),
            Step = 0,
        };
        Operations = 2.0 * rows * inner * columns;
    }

    /// <summary>Floating-point operations of one product.</summary>
    public double Operations { get; }

    /// <summary>Brings row-major activations into the device's layout; once before the first product.</summary>
    public void LayOut() => _device.Lookup(_pass, _table, _rows, _x, accumulate: false, foldsElsewhere: false);

    /// <summary>One product. The weights are read row-major and packed each time.</summary>
    public void Multiply() => _device.Linear(_pass, _weight, null, _x, _y, Activation.None, Merge.Replace);

    /// <summary>Both: what a product of row-major matrices takes.</summary>
    public void LayOutAndMultiply()
    {
        LayOut();
        Multiply();
    }

    public void Dispose()
    {
        _x.Dispose();
        _y.Dispose();
        _table.Dispose();
        _weight.Dispose();
    }
}
