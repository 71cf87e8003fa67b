using DistZO.Training;

namespace DistZO.Cli.Planning;

/// <summary>Turns a model, devices and shares into the seconds and bytes of a step.</summary>
internal sealed class StepModels(PlanRequest request)
{
    /// <summary>Bytes of perturbed weights at a time (docs/gpu.md).</summary>
    private const long MostPerturbed = 64 << 20;

    private readonly ModelSize _model = request.Model;
    private readonly DeviceProfile _device = request.Device;

    /// <summary>What a device with a share needs besides its layers.</summary>
    public FixedNeeds Needs(SlotShare share) => new(
        _model.EndsBytes,
        (long)share.Probes * Math.Min(share.Samples, SamplesOfAPass(share)) * request.Tokens * _model.ActivationBytes,
        // A CPU perturbs weights in its caches; a GPU both signs of a part of a matrix at a time, in the format of the products.
        _device.IsHost ? 0 : Math.Min(MostPerturbed, 2 * _model.LargestMatrix * Devices.WeightTypes.Size(_model.WeightType)));

    /// <summary>The step of devices with shares; on paths that share blocks, the others hold their parts too.</summary>
    public StepModel Of(int devices, GridSplit split, BlockPath path, TierPlan tiers) => new()
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
        Slots = [.. Enumerable.Range(0, path == BlockPath.Whole ? split.Shares.Count : devices)
            .Select(slot => Slot(slot, slot < split.Shares.Count ? split.Shares[slot] : default, tiers, Passes(split)))],
    };

    /// <summary>The same, with the host folding in the place of the devices.</summary>
    public StepModel HostFolds(StepModel model) => model with
    {
        HostFoldSeconds = request.Directions * _model.BlockTrained / request.HostFoldRate!.Value,
        TransferBytes = _model.BlockTransferBytes,
    };

    private int Passes(GridSplit split) => split.Shares.Max(share => (share.Samples - 1) / SamplesOfAPass(share)) + 1;

    private int SamplesOfAPass(SlotShare share) => Math.Max(1, ShareExecutor.MaxTokensPerPass / (share.Probes * request.Tokens));

    private SlotModel Slot(int slot, SlotShare share, TierPlan tiers, int passes)
    {
        var rate = _device.ComputeRate(_model.WeightType);
        // Each probe reads its perturbed weights once a pass, whatever its batch.
        double Products(double operations, double weights) => share.Cells == 0
            ? 0
            : Math.Max(share.Cells * operations / rate, (double)passes * share.Probes * weights * Devices.WeightTypes.Size(_model.WeightType) / _device.MemoryRate);
        var (up, down) = request.Links[Math.Min(slot, request.Links.Count - 1)];
        // A disk is read straight into a buffer that lies in host memory.
        if (_device.IsHost && tiers.Disk > 0) (up, down) = (double.PositiveInfinity, double.PositiveInfinity);
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
