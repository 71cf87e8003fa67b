namespace DistZO.Devices.Cpu;

/// <summary>
/// Small vectors (biases, scales, shifts) as every probe sees them: [probe][length]. They are read once a kernel call, before the
/// parallel work, and are the only perturbed values besides the packed panels.
/// </summary>
internal sealed unsafe class VectorParameters : IDisposable
{
    private HostMemory? _memory;
    private int _length;

    /// <summary>Folds and reads the whole parameter. The values stay valid until the next call.</summary>
    public void Load(Pass pass, Parameter parameter)
    {
        _length = checked((int)parameter.Length);
        var bytes = (long)_length * pass.Probes.Count * sizeof(float);
        if (_memory is null || _memory.Bytes < bytes)
        {
            _memory?.Dispose();
            _memory = new HostMemory(bytes);
        }

        var view = new WeightView(parameter, pass);
        view.Fold(0, _length);
        for (var probe = 0; probe < pass.Probes.Count;)
        {
            var group = view.GroupSize(probe);
            view.Read(0, _length, probe, Of(probe), group == 2 ? Of(probe + 1) : null);
            probe += group;
        }

        view.Done();
    }

    /// <summary>The first element as the probe sees it.</summary>
    public float* Of(int probe) => (float*)_memory!.Pointer + ((long)probe * _length);

    public void Dispose() => _memory?.Dispose();
}
