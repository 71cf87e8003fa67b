using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>The products of one device, each shape of which is prepared once.</summary>
internal sealed class MatrixProducts : IDisposable
{
    /// <summary>What NVIDIA recommends for Hopper (cuBLAS documentation, section 2.1.7); older GPUs need less.</summary>
    private const long WorkspaceBytes = 32L << 20;

    private readonly Dictionary<MatrixShape, MatrixProduct> _prepared = [];
    private readonly nint _handle;
    private readonly Workspace _workspace;
    private readonly CUstream _stream;
    private readonly bool _isImagined;

    /// <exception cref="BadInputException">cuBLASLt is missing.</exception>
    public MatrixProducts(CudaPool pool, CUstream stream)
    {
        (_workspace, _stream, _isImagined) = (new Workspace(pool, stream), stream, pool.Context.IsImagined);
        if (_isImagined) return;
        NativeLibraries.Require(NativeLibraries.Matrices);
        Check.Matrices(CublasLt.cublasLtCreate(out _handle), "start");
    }

    /// <summary>Whether a shape can be multiplied.</summary>
    public bool Supports(in MatrixShape shape) => _isImagined || Prepare(shape).IsSupported;

    /// <summary>Queues Y = X·Wᵀ + bias, or Y += …</summary>
    /// <exception cref="RunFailedException">cuBLASLt has no algorithm for the shape.</exception>
    public void Run(in MatrixShape shape, CUdeviceptr weights, CUdeviceptr x, CUdeviceptr y, CUdeviceptr bias, bool accumulate)
    {
        var workspace = _workspace.Get(WorkspaceBytes);
        if (_isImagined) return;
        var product = Prepare(shape);
        if (!product.IsSupported) throw new RunFailedException($"cuBLASLt {CublasLt.cublasLtGetVersion()} cannot multiply {shape}");
        product.Run(_handle, weights, x, y, bias, accumulate, workspace, WorkspaceBytes, _stream);
    }

    public void Dispose()
    {
        foreach (var product in _prepared.Values) product.Dispose();
        _prepared.Clear();
        _workspace.Dispose();
        if (!_isImagined) _ = CublasLt.cublasLtDestroy(_handle);
    }

    private MatrixProduct Prepare(in MatrixShape shape) =>
        _prepared.TryGetValue(shape, out var known) ? known : _prepared[shape] = new MatrixProduct(_handle, shape, WorkspaceBytes);
}
