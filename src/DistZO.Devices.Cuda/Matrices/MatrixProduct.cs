using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>
/// One product of matrices as cuBLASLt runs it: for each of <paramref name="Batches"/>, Y = X·Wᵀ, for rows of tokens. In its words, which count
/// columns first: D[outputs, tokens] = op(A)·B, with A the weights and B the tokens.
/// </summary>
/// <param name="Outputs">Features of a row of Y.</param>
/// <param name="Inputs">Features of a row of X.</param>
/// <param name="Tokens">Rows of X and Y.</param>
/// <param name="InputsFirst">Whether W lies as [inputs, outputs].</param>
/// <param name="OutputStride">Elements from a row of Y to the next.</param>
/// <param name="Batches">Products side by side.</param>
/// <param name="WeightStride">Elements from one W to the next; 0 for one W.</param>
/// <param name="InputBatch">Elements from one X to the next.</param>
/// <param name="OutputBatch">Elements from one Y to the next.</param>
/// <param name="Operands">Number format of W and X.</param>
/// <param name="Result">Number format of Y.</param>
/// <param name="HasBias">Whether a bias is added: a vector of <see cref="Outputs"/> of Y's format for each batch, one after the other.</param>
/// <param name="IsRelu">Whether negative results become 0.</param>
/// <param name="BiasStride">Elements from one bias to the next.</param>
/// <param name="Alignment">Bytes that the addresses of all matrices are multiples of.</param>
internal readonly record struct MatrixShape(
    int Outputs,
    int Inputs,
    int Tokens,
    bool InputsFirst,
    int OutputStride,
    int Batches,
    long WeightStride,
    long InputBatch,
    long OutputBatch,
    WeightType Operands,
    WeightType Result,
    bool HasBias,
    bool IsRelu,
    long BiasStride,
    int Alignment);

/// <summary>A shape's descriptors and the algorithm that cuBLASLt chose for it; null algorithm: it can't.</summary>
internal sealed unsafe class MatrixProduct : IDisposable
{
    private readonly nint _description;
    private readonly nint _a;
    private readonly nint _b;
    private readonly nint _d;
    private readonly bool _hasBias;
    private MatmulHeuristic _algorithm;

    /// <param name="handle">Of the library.</param>
    /// <param name="shape">What is multiplied.</param>
    /// <param name="workspaceBytes">Bytes that it may use besides.</param>
    public MatrixProduct(nint handle, in MatrixShape shape, long workspaceBytes)
    {
        var (operands, result) = (TypeOf(shape.Operands), TypeOf(shape.Result));
        _hasBias = shape.HasBias;
        Check.Matrices(
            CublasLt.cublasLtMatmulDescCreate(out _description, shape.Operands == WeightType.Float32 ? CublasLt.Compute32FastTf32 : CublasLt.Compute32, CublasLt.Real32),
            "describe a product");
        Set(CublasLt.TransposeA, shape.InputsFirst ? 0 : 1);
        Set(CublasLt.TransposeB, 0);
        var epilogue = (shape.HasBias ? CublasLt.EpilogueBias : 0) | (shape.IsRelu ? CublasLt.EpilogueRelu : 0);
        Set(CublasLt.Epilogue, epilogue == 0 ? CublasLt.EpilogueDefault : epilogue);
        if (shape.HasBias)
        {
            Set(CublasLt.BiasDataType, result);
            if (shape.Batches > 1) Set(CublasLt.BiasBatchStride, shape.BiasStride);
        }

        _a = shape.InputsFirst
            ? Layout(operands, shape.Outputs, shape.Inputs, shape.Outputs, shape.Batches, shape.WeightStride)
            : Layout(operands, shape.Inputs, shape.Outputs, shape.Inputs, shape.Batches, shape.WeightStride);
        _b = Layout(operands, shape.Inputs, shape.Tokens, shape.Inputs, shape.Batches, shape.InputBatch);
        _d = Layout(result, shape.Outputs, shape.Tokens, shape.OutputStride, shape.Batches, shape.OutputBatch);
        IsSupported = Choose(handle, workspaceBytes, (uint)shape.Alignment);
    }

    /// <summary>False where cuBLASLt has no algorithm; without bias and ReLU it has one for every shape.</summary>
    public bool IsSupported { get; }

    /// <summary>Queues the product: Y = X·Wᵀ + bias, or Y += …</summary>
    public void Run(
        nint handle, CUdeviceptr weights, CUdeviceptr x, CUdeviceptr y, CUdeviceptr bias, bool accumulate, CUdeviceptr workspace, long workspaceBytes, CUstream stream)
    {
        var (alpha, beta) = (1f, accumulate ? 1f : 0f);
        if (_hasBias) Set(CublasLt.BiasPointer, bias.Address);
        fixed (MatmulHeuristic* algorithm = &_algorithm)
        {
            Check.Matrices(
                CublasLt.cublasLtMatmul(handle, _description, &alpha, weights, _a, x, _b, &beta, y, _d, y, _d, algorithm, workspace, (nuint)workspaceBytes, stream),
                "multiply matrices");
        }
    }

    public void Dispose()
    {
        _ = CublasLt.cublasLtMatrixLayoutDestroy(_a);
        _ = CublasLt.cublasLtMatrixLayoutDestroy(_b);
        _ = CublasLt.cublasLtMatrixLayoutDestroy(_d);
        _ = CublasLt.cublasLtMatmulDescDestroy(_description);
    }

    private static int TypeOf(WeightType type) => type switch
    {
        WeightType.Float32 => CublasLt.Real32,
        WeightType.BFloat16 => CublasLt.RealBFloat16,
        _ => CublasLt.Real16,
    };

    private static nint Layout(int type, int rows, int columns, int leading, int batches, long stride)
    {
        Check.Matrices(CublasLt.cublasLtMatrixLayoutCreate(out var layout, type, (ulong)rows, (ulong)columns, leading), "describe a matrix");
        if (batches > 1)
        {
            Check.Matrices(CublasLt.cublasLtMatrixLayoutSetAttribute(layout, CublasLt.BatchCount, &batches, sizeof(int)), "describe a batch");
            Check.Matrices(CublasLt.cublasLtMatrixLayoutSetAttribute(layout, CublasLt.BatchStride, &stride, sizeof(long)), "describe a batch");
        }

        return layout;
    }

    private void Set<T>(int attribute, T value)
        where T : unmanaged =>
        Check.Matrices(CublasLt.cublasLtMatmulDescSetAttribute(_description, attribute, &value, (nuint)sizeof(T)), "describe a product");

    private bool Choose(nint handle, long workspaceBytes, uint alignment)
    {
        Check.Matrices(CublasLt.cublasLtMatmulPreferenceCreate(out var preference), "state a preference");
        try
        {
            var most = (ulong)workspaceBytes;
            Check.Matrices(CublasLt.cublasLtMatmulPreferenceSetAttribute(preference, CublasLt.MaxWorkspaceBytes, &most, sizeof(ulong)), "state a preference");
            for (var matrix = CublasLt.MinAlignmentA; matrix <= CublasLt.MinAlignmentD; matrix++)
                Check.Matrices(CublasLt.cublasLtMatmulPreferenceSetAttribute(preference, matrix, &alignment, sizeof(uint)), "state a preference");
            fixed (MatmulHeuristic* result = &_algorithm)
            {
                var code = CublasLt.cublasLtMatmulAlgoGetHeuristic(handle, _description, _a, _b, _d, _d, preference, 1, result, out var found);
                return code == CublasLt.Success && found > 0 && result->Status == CublasLt.Success;
            }
        }
        finally
        {
            _ = CublasLt.cublasLtMatmulPreferenceDestroy(preference);
        }
    }
}
