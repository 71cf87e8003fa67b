using DistZO.Devices;

namespace DistZO.Cli.Planning;

/// <summary>Turns a model, devices and shares into the seconds and bytes of a step.</summary>
internal sealed class StepModels(PlanRequest request)
{
    private readonly ModelSize _model = request.Model;
    private readonly DeviceProfile _device = request.Device;
    private readonly PassMemory _memory = new(request.Model, request.Device, request.Tokens);

    /// <summary>What passes take on a device besides weights, with the largest share.</summary>
    public long WorkingBytes(GridSplit split) => _memory.Of(split.Shares.Max(share => share.Probes), split.Shares.Max(share => share.Samples));

    /// <summary>The step of devices with shares; on paths that share blocks, the others hold their parts too.</summary>
    /// <param name="devices">How many there are.</param>
    /// <param name="split">Who computes what.</param>
    /// <param name="path">How layers come.</param>
    /// <param name="tiers">Where they are.</param>
    /// <param name="hostFolds">Whether the host folds into those that come from it, in the place of the devices.</param>
    /// <exception cref="BadInputException">It is not known how fast the host folds.</exception>
    public StepModel Of(int devices, GridSplit split, BlockPath path, TierPlan tiers, bool hostFolds) => new()
    {
        Layers = _model.Layers,
        Passes = Passes(split),
        Streamed = _model.Layers - tiers.Resident,
        FromDisk = tiers.Disk,
        Disk = tiers.Disk > 0 ? _device.Disk : null,
        Parts = _model.Parts,
        Buffers = Math.Max(1, tiers.Buffers),
        TrainedBytes = _model.BlockTrainedBytes,
        FrozenBytes = _model.BlockFrozenBytes,
        Path = path,
        FabricRate = _device.FabricRate ?? double.PositiveInfinity,
        CommitSeconds = request.CommitSeconds,
        HostFoldSeconds = hostFolds ? request.Directions * _model.BlockTrained / HostFoldRate : null,
        TransferBytes = hostFolds ? _model.BlockTransferBytes : null,
        Slots = [.. Enumerable.Range(0, path == BlockPath.Whole ? split.Shares.Count : devices)
            .Select(slot => Slot(slot, slot < split.Shares.Count ? split.Shares[slot] : default, tiers, Passes(split), hostFolds))],
    };

    private double HostFoldRate => request.HostFoldRate ?? throw new BadInputException(
        $"{(_model.Transfer is null ? "fold_on" : "transfer_dtype")}: the host folds then, and its speed is not known; give --host-fold-rate, or --measure it");

    private int Passes(GridSplit split) => split.Shares.Max(share => (share.Samples - 1) / _memory.SamplesAtOnce(share.Probes, share.Samples)) + 1;

    private SlotModel Slot(int slot, SlotShare share, TierPlan tiers, int passes, bool hostFolds)
    {
        var rate = _device.ComputeRate(_model.WeightType);
        // Each probe reads its perturbed weights once a pass, whatever its batch.
        double Products(double operations, double weights) => share.Cells == 0
            ? 0
            : Math.Max(share.Cells * operations / rate, (double)passes * share.Probes * weights * _model.WeightType.Size() / _device.MemoryRate);
        var (up, down) = request.Links[Math.Min(slot, request.Links.Count - 1)];
        // A disk is read straight into a buffer that lies in host memory, unless the host folds in between.
        if (_device.IsHost && tiers.Disk > 0 && !hostFolds) (up, down) = (double.PositiveInfinity, double.PositiveInfinity);
        return new SlotModel
        {
            ComputeSeconds = Products(_model.BlockOperations(request.Tokens), _model.BlockMatrices) / passes,
            ZSeconds = _model.BlockTrained / _device.ZRate,
            Directions = share.Directions,
            FoldSeconds = request.Directions * _model.BlockTrained / _device.ZRate,
            EndsSeconds = Products(_model.HeadOperations(request.Tokens), _model.HeadMatrices)
                + (((passes * share.Directions * _model.HeadTrained) + (request.Directions * _model.EndsTrained)) / _device.ZRate),
            FirstSeconds = request.Directions * (_model.EndsTrained - _model.HeadTrained) / _device.ZRate,
            UploadRate = up,
            DownloadRate = down,
        };
    }
}
