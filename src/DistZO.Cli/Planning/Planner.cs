using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Planning;

/// <summary>Compares the ways to run a model: numbers of devices, splits of a step, and how layers come to the devices.</summary>
internal static class Planner
{
    /// <summary>Commits that a stored block may lack at most.</summary>
    public const int MostWriteBackSteps = 32;

    /// <summary>A larger K must promise this much.</summary>
    private const double WorthWhile = 0.99;

    /// <summary>All of them, one device first.</summary>
    /// <exception cref="BadInputException">A budget does not suffice, or a rate is missing.</exception>
    public static IReadOnlyList<Plan> Compare(PlanRequest request)
    {
        if (request.Tokens < 1 || request.Tokens > request.Model.MaxPositions)
            throw new BadInputException($"--tokens: {request.Tokens} is not between 1 and {request.Model.MaxPositions}, the positions of the model");
        SlotSharing.Require(request.Offload, request.Devices, request.Device.FabricRate is not null, "--devices", "give its rate with --fabric");
        var plans = new List<Plan>();
        foreach (var devices in Counts(request.Devices))
        {
            foreach (var kind in devices == 1 ? [ParallelismKind.Pertp] : request.Kinds)
            {
                if (GridSplit.Of(kind, devices, request.Directions, request.BatchSize) is not { } split) continue;
                foreach (var path in Enum.GetValues<BlockPath>())
                {
                    if (Of(request, devices, devices == 1 ? null : kind, split, path) is { } plan) plans.Add(plan);
                }
            }
        }

        if (plans.Count > 0) return plans;
        var most = request.Kinds.Select(kind => GridSplit.Of(kind, request.Devices, request.Directions, request.BatchSize)).OfType<GridSplit>().FirstOrDefault()
            ?? throw new BadInputException($"--parallelism: it cuts nothing for {request.Devices} devices; use auto or pertp");
        throw TierPlan.ShardsTooSmall(request.Model, new StepModels(request).Needs(most.Shares.MaxBy(share => share.Cells)), request.Budget, request.Devices);
    }

    /// <summary>1, 2, 3, 4; or the powers of two and the last one.</summary>
    private static IEnumerable<int> Counts(int devices)
    {
        for (var count = 1; count <= devices; count = devices <= 4 ? count + 1 : count * 2) yield return count;
        if (devices > 4 && !int.IsPow2(devices)) yield return devices;
    }

    private static Plan? Of(PlanRequest request, int devices, ParallelismKind? kind, GridSplit split, BlockPath path)
    {
        if (path != BlockPath.Whole && (devices == 1 || request.Device.FabricRate is null)) return null;
        // Who names a tier wants no other; shards are one.
        if (request.Offload is { } named && (named == OffloadTier.Shard) != (path == BlockPath.Sharded)) return null;
        var models = new StepModels(request);
        var needs = models.Needs(split.Shares.MaxBy(share => share.Cells));
        var tiers = path == BlockPath.Sharded
            ? TierPlan.Shard(request.Model, needs, request.Budget, request.Offload, request.Buffers, devices)
            : TierPlan.Fit(request.Model, needs, request.Budget, request.Offload, request.Buffers);
        if (tiers is null || (tiers.Resident == request.Model.Layers && path != BlockPath.Whole)) return null;
        if (tiers.Disk > 0 && request.Device.Disk is null)
        {
            throw new BadInputException(
                $"{tiers.Describe()}, and the disk's speed is not known; give --disk READ/WRITE in GB/s, more --host-memory, or --measure");
        }

        var model = Fastest(request, models, models.Of(devices, split, path, tiers));
        return new Plan(devices, kind, split, path, tiers, model, StepPredictor.Predict(model));
    }

    /// <summary>Chooses how stored layers are kept up: written back every K-th step, or folded by the host.</summary>
    private static StepModel Fastest(PlanRequest request, StepModels models, StepModel model)
    {
        var isInHost = model.Streamed > 0 && model.FromDisk == 0 && model.Path != BlockPath.Sharded;
        if (isInHost && request.Model.BlockTransferBytes is not null)
        {
            return request.HostFoldRate is not null
                ? models.HostFolds(model)
                : throw new BadInputException("transfer_dtype: the host folds then, and its speed is not known; give --host-fold-rate, or --measure it");
        }

        if (!model.WritesBack || model.Streamed == 0) return model;

        var choices = request.WriteBackSteps is { } steps ? [steps] : Enumerable.Range(1, MostWriteBackSteps);
        var ways = choices.Select(k => model with { WriteBackSteps = k });
        if (request is { HostFoldRate: not null, WriteBackSteps: null } && isInHost) ways = ways.Append(models.HostFolds(model));
        var (best, least) = (model, double.PositiveInfinity);
        foreach (var way in ways)
        {
            if (StepPredictor.AtLeast(way) >= least * WorthWhile) continue;
            var seconds = StepPredictor.Predict(way).StepSeconds;
            if (seconds < least * WorthWhile) (best, least) = (way, seconds);
        }

        return best;
    }
}
