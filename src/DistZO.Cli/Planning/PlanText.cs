using System.Globalization;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Planning;

/// <summary>Plans as a table for people.</summary>
internal static class PlanText
{
    private const string Columns = "{0,7}  {1,-9} {2,-8} {3,-22} {4,4} {5,11} {6,10} {7,8}  {8,-10} {9,7} {10,6}";

    /// <summary>What was asked, the table, and the fastest plan in words.</summary>
    public static IEnumerable<string> Lines(string name, PlanRequest request, IReadOnlyList<Plan> plans)
    {
        var (model, device) = (request.Model, request.Device);
        yield return Say($"{name}: {model.Parameters / 1e9:0.0##} G weights, {Quantity.Bytes(model.Bytes)}: embedding and head {Quantity.Bytes(model.EndsBytes)}, ")
            + Say($"{model.Layers} layers of {Quantity.Bytes(model.BlockBytes)}");
        yield return Describe(device, model.WeightType, request.Links);
        yield return Say($"a step: {request.BatchSize} × {request.Tokens} tokens, {2 * request.Directions} probes; memory of a device {Quantity.Bytes(request.Budget.Device)}")
            + (request.Budget.Given is { } given ? $", of that {(device.IsHost ? "for weights" : "to be taken")} {Quantity.Bytes(given)}" : "")
            + (request.Budget.Host is { } host ? $", of the host {Quantity.Bytes(host)}" : "");
        yield return "";
        yield return string.Format(
            CultureInfo.InvariantCulture, Columns,
            "devices", "split", "layers", "device/shard/host/disk", "K", "peak/device", "s a step", "speed-up", "busiest", "overlap", "waits");
        foreach (var plan in plans) yield return Row(plan, plans[0]);
        yield return "";
        foreach (var line in Words(plans[0], plans[0])) yield return line;
        var best = plans.MinBy(plan => plan.Prediction.StepSeconds)!;
        if (best == plans[0]) yield break;
        foreach (var line in Words(best, plans[0])) yield return line;
    }

    /// <summary>A split's name: <c>pertp 2x1</c>.</summary>
    public static string Split(Plan plan) => plan.Kind is { } kind
        ? Say($"{new Parallelism(kind)} {plan.Split.P}x{plan.Split.D}")
        : "-";

    /// <summary>A path's name.</summary>
    public static string Path(Plan plan) => plan.Model.Streamed == 0 ? "resident" : plan.Path switch
    {
        BlockPath.Whole => "whole",
        BlockPath.Sliced => "sliced",
        _ => "sharded",
    };

    /// <summary>A device in one line, as it was measured.</summary>
    public static string Describe(DeviceProfile device) => Describe(device, WeightType.Float32, [(device.UploadRate, device.DownloadRate)]);

    private static string Describe(DeviceProfile device, WeightType type, IReadOnlyList<(double Up, double Down)> links)
    {
        var rates = string.Join(", ", links.Select(link => Say($"{link.Up / 1e9:0.0#}/{link.Down / 1e9:0.0#}")));
        var text = Say($"{device.Name}: {device.ComputeRate(type) / 1e12:0.0##} TFLOP/s, {device.ZRate / 1e9:0.0##} G z/s, up/down {rates} GB/s");
        text += device.FabricRate is { } fabric ? Say($", fabric {fabric / 1e9:0.#} GB/s") : ", no fabric, so no slices";
        if (device.Disk is { } disk) text += Say($", disk {disk.ReadRate / 1e9:0.0#}/{disk.WriteRate / 1e9:0.0#} GB/s");
        return text;
    }

    private static string Row(Plan plan, Plan first)
    {
        var (tiers, prediction) = (plan.Tiers, plan.Prediction);
        return string.Format(
            CultureInfo.InvariantCulture,
            Columns,
            plan.Devices,
            Split(plan),
            Path(plan),
            $"{tiers.Resident}/{tiers.Sharded}/{tiers.Host}/{tiers.Disk}",
            Upkeep(plan),
            Quantity.Bytes(tiers.DeviceBytes),
            Seconds(prediction.StepSeconds),
            Say($"{first.Prediction.StepSeconds / prediction.StepSeconds:0.00}"),
            prediction.Bottleneck,
            Say($"{100 * prediction.Overlap:0}%"),
            Say($"{100 * prediction.WaitSeconds / prediction.StepSeconds:0}%"));
    }

    private static string Upkeep(Plan plan) =>
        plan.Model.Streamed == 0 ? "-" : plan.Model.WritesBack ? Say($"{plan.Model.WriteBackSteps}") : plan.Model.HostFolds ? "host" : "-";

    private static IEnumerable<string> Words(Plan plan, Plan first)
    {
        var prediction = plan.Prediction;
        yield return Say($"{plan.Devices} {(plan.Devices == 1 ? "device" : "devices")}, {Split(plan)}, {Path(plan)}: {plan.Tiers.Describe()}; passes take {Quantity.Bytes(plan.Tiers.WorkingBytes)} besides weights");
        yield return Say($"    a step of {Seconds(prediction.StepSeconds)} s")
            + (plan == first ? "" : Say($", {first.Prediction.StepSeconds / prediction.StepSeconds:0.00} × {(first.Devices == 1 ? "one device" : $"the first of {first.Devices} devices")}"))
            + ": " + string.Join(", ", prediction.Busy.Select(busy => $"{busy.Resource} {Seconds(busy.Seconds)} s"))
            + Say($"; {100 * prediction.Overlap:0}% of what moves passes while kernels run");
    }

    private static string Seconds(double seconds) =>
        seconds.ToString(seconds < 0.9995 ? "0.0000" : seconds < 99.95 ? "0.00" : "0.0", CultureInfo.InvariantCulture);

    private static string Say(FormattableString text) => FormattableString.Invariant(text);
}
