using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Planning;

/// <summary>Compares the ways to run a model: numbers of devices, splits of a step, and how layers come to the devices.</summary>
internal sealed class Planner
{
    /// <summary>Commits that a stored block may lack at most.</summary>
    public const int MostWriteBackSteps = 32;

    /// <summary>A larger K must promise this much.</summary>
    private const double WorthWhile = 0.99;

    private readonly PlanRequest _request;
    private readonly StepModels _models;

    // Why the last way did not fit for which there is too little memory.
    private BadInputException? _tooSmall;

    private Planner(PlanRequest request) => (_request, _models) = (request, new StepModels(request));

    /// <summary>All of them, one device first; those of which there are devices too few or too small are left out, if there are others.</summary>
    /// <exception cref="BadInputException">A budget does not suffice, or a rate is missing.</exception>
    public static IReadOnlyList<Plan> Compare(PlanRequest request)
    {
        if (request.Tokens < 1 || request.Tokens > request.Model.MaxPositions)
            throw new BadInputException($"--tokens: {request.Tokens} is not between 1 and {request.Model.MaxPositions}, the positions of the model");
        SlotSharing.Require(request.Offload, request.Devices, request.Device.FabricRate is not null, "--devices", "give its rate with --fabric");
        return new Planner(request).Compare();
    }

    private List<Plan> Compare()
    {
        var plans = new List<Plan>();
        foreach (var devices in Counts(_request.Devices))
        {
            foreach (var kind in devices == 1 ? [ParallelismKind.Pertp] : _request.Kinds)
            {
                if (GridSplit.Of(kind, devices, _request.Directions, _request.BatchSize) is not { } split) continue;
                foreach (var path in Enum.GetValues<BlockPath>())
                {
                    if (Of(devices, devices == 1 ? null : kind, split, path) is { } plan) plans.Add(plan);
                }
            }
        }

        return plans.Count > 0 ? plans : throw _tooSmall ?? new BadInputException($"--parallelism: it cuts nothing for {_request.Devices} devices; use auto or pertp");
    }

    /// <summary>1, 2, 3, 4; or the powers of two and the last one.</summary>
    private static IEnumerable<int> Counts(int devices)
    {
        for (var count = 1; count <= devices; count = devices <= 4 ? count + 1 : count * 2) yield return count;
        if (devices > 4 && !int.IsPow2(devices)) yield return devices;
    }

    private Plan? Of(int devices, ParallelismKind? kind, GridSplit split, BlockPath path)
    {
        if (path != BlockPath.Whole && (devices == 1 || _request.Device.FabricRate is null)) return null;
        // Who names a tier wants no other; shards are one.
        if (_request.Offload is { } named && (named == OffloadTier.Shard) != (path == BlockPath.Sharded)) return null;
        if (Of(hostFolds: _request.FoldOn == FoldPlace.Host && path != BlockPath.Sharded) is not { } way) return null;
        var isOpen = _request is { FoldOn: null, HostFoldRate: not null, WriteBackSteps: null } && way.Tiers.Host > 0;
        return isOpen && Of(hostFolds: true) is { } other && other.Prediction.StepSeconds < way.Prediction.StepSeconds * WorthWhile ? other : way;

        Plan? Of(bool hostFolds)
        {
            if (Place(_models.WorkingBytes(split), devices, path, hostFolds) is not { } tiers) return null;
            var model = Fastest(_models.Of(devices, split, path, tiers, hostFolds && tiers.Resident < _request.Model.Layers));
            return new Plan(devices, kind, split, path, tiers, model, StepPredictor.Predict(model));
        }
    }

    /// <summary>Where layers are that come on a path; null where all of them stay, which has no path, or not even some of them fit.</summary>
    private TierPlan? Place(long working, int devices, BlockPath path, bool hostFolds)
    {
        TierPlan tiers;
        try
        {
            tiers = path == BlockPath.Sharded ? Shard(working, devices) : TierPlan.Of(_request, working, devices, _request.Offload, hostFolds);
        }
        catch (BadInputException problem)
        {
            _tooSmall = problem;
            return null;
        }

        if (tiers.Disk > 0 && _request.Device.Disk is null)
        {
            throw new BadInputException(
                $"{tiers.Describe()}, and the disk's speed is not known; give --disk READ/WRITE in GB/s, more --host-memory, or --measure");
        }

        return tiers.Resident == _request.Model.Layers && path != BlockPath.Whole ? null : tiers;
    }

    /// <summary>Layers in parts on the devices, unless all of them fit; without a budget as many whole ones as there is memory for, unless parts are asked for.</summary>
    private TierPlan Shard(long working, int devices)
    {
        if (_request.Offload is not null) return TierPlan.Of(_request, working, devices, OffloadTier.Shard, hostFolds: false);
        if (TierPlan.Of(_request, working, devices, null, hostFolds: false) is { } whole && whole.Resident == _request.Model.Layers) return whole;
        var all = _request.Device.IsHost ? (_request.Budget.Device / devices) - working : _request.Budget.Device;
        var budget = _request.Budget with { Given = _request.Budget.Given ?? all };
        return TierPlan.Of(_request with { Budget = budget }, working, devices, OffloadTier.Shard, hostFolds: false);
    }

    /// <summary>Chooses how often stored layers are written back.</summary>
    private StepModel Fastest(StepModel model)
    {
        if (!model.WritesBack || model.Streamed == 0) return model;
        var choices = _request.WriteBackSteps is { } steps ? [steps] : Enumerable.Range(1, MostWriteBackSteps);
        var (best, least) = (model, double.PositiveInfinity);
        foreach (var way in choices.Select(k => model with { WriteBackSteps = k }))
        {
            if (StepPredictor.AtLeast(way) >= least * WorthWhile) continue;
            var seconds = StepPredictor.Predict(way).StepSeconds;
            if (seconds < least * WorthWhile) (best, least) = (way, seconds);
        }

        return best;
    }
}
