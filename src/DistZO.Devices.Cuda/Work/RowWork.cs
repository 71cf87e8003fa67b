using DistZO.Devices.Cuda.Native;

namespace DistZO.Devices.Cuda;

/// <summary>Rows of tables, and rows of activations that change places.</summary>
internal sealed class RowWork(KernelModule kernels, PassData data, CUstream stream)
{
    private const int Threads = 256;

    /// <summary>See <see cref="Device.Lookup"/>; what the table lacks is seen, and not stored. One that is rounded lacks nothing.</summary>
    public void Lookup(Pass pass, Parameter table, ReadOnlySpan<int> rows, CudaActivations y, bool accumulate)
    {
        y.Resize(rows.Length, pass.Probes.Count, accumulate ? y.Type : WeightType.Float32);
        var pending = data.Pending(table.Trainable ? pass.Updates.Between(table.FoldedTo, pass.Step) : []);
        var source = WeightSource.Of(pass, table);
        kernels.Launch(
            "lookup",
            KernelGrid.Over((long)rows.Length * ((table.Columns / 4) + 2), Threads),
            Threads,
            0,
            stream,
            Folding.PointerOf(table),
            source.Type,
            source.Rounding,
            table.Length,
            table.Ordinal,
            table.Role.Decays(),
            table.Trainable,
            table.Columns,
            data.Rows(rows),
            rows.Length,
            data.Probes(pass.Probes),
            pass.Probes.Count,
            pending.Updates,
            pending.ChangesWeights ? pending.Count : 0,
            pending.Directions,
            y.Pointer,
            y.Type,
            accumulate);
    }

    /// <summary>Copies rows of activations.</summary>
    /// <param name="x">From where.</param>
    /// <param name="first">The first feature of x.</param>
    /// <param name="tokens">Rows a probe of x; 0 where one probe serves all.</param>
    /// <param name="xRows">Which rows of x; none for the first ones.</param>
    /// <param name="y">Where to, with the features that are copied.</param>
    /// <param name="yRows">Which rows of y; none for the first ones.</param>
    /// <param name="rows">How many.</param>
    public void Copy(CudaActivations x, int first, int tokens, ReadOnlySpan<int> xRows, CudaActivations y, ReadOnlySpan<int> yRows, int rows) =>
        kernels.Launch(
            "copy_rows",
            KernelGrid.Over((long)rows * y.Features * y.Probes, Threads),
            Threads,
            0,
            stream,
            x.Pointer,
            x.Type,
            x.Features,
            first,
            tokens,
            xRows.IsEmpty ? CUdeviceptr.Null : data.Rows(xRows),
            y.Pointer,
            y.Type,
            y.Features,
            y.Tokens,
            yRows.IsEmpty ? CUdeviceptr.Null : data.OtherRows(yRows),
            y.Features,
            rows,
            y.Probes);
}
