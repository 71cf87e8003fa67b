using System.Text.Json;
using DistZO.Devices;
using DistZO.Runs;

namespace DistZO.Cli.Planning;

/// <summary>Plans as one line of JSON: bytes, seconds, and rates a second.</summary>
internal static class PlanJson
{
    public static string Write(string name, PlanRequest request, IReadOnlyList<Plan> plans) => MetricsLine.Write(json =>
    {
        Model(json, name, request);
        json.WriteStartObject("device");
        Rates(json, request.Device);
        json.WriteEndObject();
        json.WriteStartArray("links");
        foreach (var (up, down) in request.Links)
        {
            json.WriteStartObject();
            Number(json, "upload_rate", up);
            Number(json, "download_rate", down);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("plans");
        foreach (var plan in plans) Write(json, plan, plans[0]);
        json.WriteEndArray();
    });

    /// <summary>What a device reaches, as fields of an object.</summary>
    public static void Rates(Utf8JsonWriter json, DeviceProfile device)
    {
        json.WriteString("name", device.Name);
        Number(json, "half_flops", device.HalfRate);
        Number(json, "single_flops", device.SingleRate);
        Number(json, "z_rate", device.ZRate);
        Number(json, "memory_rate", device.MemoryRate);
        Number(json, "upload_rate", device.UploadRate);
        Number(json, "download_rate", device.DownloadRate);
        Number(json, "fabric_rate", device.FabricRate);
        Number(json, "disk_read_rate", device.Disk?.ReadRate);
        Number(json, "disk_write_rate", device.Disk?.WriteRate);
    }

    private static void Model(Utf8JsonWriter json, string name, PlanRequest request)
    {
        var model = request.Model;
        json.WriteString("model", name);
        json.WriteString("weights_dtype", model.WeightType.Name());
        json.WriteNumber("parameters", model.Parameters);
        json.WriteNumber("layers", model.Layers);
        json.WriteNumber("layer_bytes", model.BlockBytes);
        Number(json, "layer_transfer_bytes", model.BlockTransferBytes);
        json.WriteNumber("ends_bytes", model.EndsBytes);
        json.WriteNumber("batch_size", request.BatchSize);
        json.WriteNumber("tokens", request.Tokens);
        json.WriteNumber("num_directions", request.Directions);
        json.WriteNumber("memory", request.Budget.Device);
        Number(json, "device_memory", request.Budget.Given);
        Number(json, "host_memory", request.Budget.Host);
    }

    private static void Write(Utf8JsonWriter json, Plan plan, Plan first)
    {
        var (tiers, model, prediction) = (plan.Tiers, plan.Model, plan.Prediction);
        json.WriteStartObject();
        json.WriteNumber("devices", plan.Devices);
        json.WriteString("parallelism", PlanText.Split(plan).Split(' ')[0] is var kind and not "-" ? kind : null);
        json.WriteString("grid", $"{plan.Split.P}x{plan.Split.D}");
        json.WriteString("path", PlanText.Path(plan));
        json.WriteStartObject("layers");
        json.WriteNumber("device", tiers.Resident);
        json.WriteNumber("shard", tiers.Sharded);
        json.WriteNumber("host", tiers.Host);
        json.WriteNumber("disk", tiers.Disk);
        json.WriteEndObject();
        json.WriteNumber("buffers", tiers.Buffers);
        json.WriteNumber("passes", model.Passes);
        json.WriteNumber("device_peak_bytes", tiers.DeviceBytes);
        json.WriteNumber("working_bytes", tiers.WorkingBytes);
        json.WriteNumber("host_bytes", tiers.HostBytes);
        json.WriteNumber("disk_bytes", tiers.DiskBytes);
        json.WriteBoolean("host_folds", model.HostFolds);
        Number(json, "write_back_steps", model.WritesBack && model.Streamed > 0 ? model.WriteBackSteps : null);
        Number(json, "step_seconds", prediction.StepSeconds);
        Number(json, "speedup", first.Prediction.StepSeconds / prediction.StepSeconds);
        json.WriteString("bottleneck", prediction.Bottleneck);
        json.WriteStartObject("busy_seconds");
        foreach (var busy in prediction.Busy) Number(json, busy.Resource.Replace(' ', '_').Replace('-', '_'), busy.Seconds);
        json.WriteEndObject();
        Number(json, "overlap", prediction.Overlap);
        Number(json, "wait_seconds", prediction.WaitSeconds);
        Each(json, "upload_bytes", prediction.Traffic.Upload);
        Each(json, "write_back_bytes", prediction.Traffic.WriteBack);
        Each(json, "gather_bytes", prediction.Traffic.Gather);
        Number(json, "disk_read_bytes", prediction.Traffic.DiskRead);
        Number(json, "disk_write_bytes", prediction.Traffic.DiskWrite);
        json.WriteEndObject();
    }

    private static void Each(Utf8JsonWriter json, string name, IEnumerable<double> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteNumberValue(Math.Round(value));
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }
}
