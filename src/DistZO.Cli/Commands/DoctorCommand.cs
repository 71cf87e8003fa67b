using System.CommandLine;
using DistZO.Devices.Cpu;
using DistZO.Devices.Cuda;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo doctor</c>: what this machine can compute on, and what is missing.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "tell what this machine can compute on: CPU, GPUs, the links between them, libraries and what is missing");
        var measure = new Option<bool>("--measure") { Description = "measure how fast bytes move between host and GPUs, and between GPUs" };
        var json = new Option<bool>("--json") { Description = "print one line of JSON" };
        command.Options.Add(measure);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var found = CudaDiagnosis.Read();
            var rates = parsed.GetValue(measure) ? Rates.Measure(found) : null;
            var output = parsed.InvocationConfiguration.Output;
            foreach (var line in parsed.GetValue(json) ? [Json(found, rates)] : Lines(found, rates)) output.WriteLine(line);
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Cpu()
    {
        using var device = CpuDevice.Open(Environment.ProcessorCount);
        return device.Description;
    }

    private static IEnumerable<string> Lines(CudaDiagnosis found, Rates? rates)
    {
        yield return $"cpu       {Cpu()}";
        foreach (var gpu in found.Gpus)
        {
            yield return $"cuda:{gpu.Ordinal,-5}{gpu.Name}, compute capability {gpu.Capability / 10}.{gpu.Capability % 10}, "
                + $"{gpu.MemoryBytes / 1e9:N1} GB, {gpu.Processors} multiprocessors, PCI {gpu.BusId}";
            if (rates is not null) yield return $"          {rates.Host[gpu.Ordinal].Up / 1e9:N1} GB/s from pinned host memory, {rates.Host[gpu.Ordinal].Down / 1e9:N1} GB/s back";
        }

        foreach (var peer in found.Peers)
        {
            var speed = rates?.Peers.TryGetValue((peer.From, peer.To), out var rate) == true ? $", {rate / 1e9:N1} GB/s" : "";
            yield return $"link      cuda:{peer.From} to cuda:{peer.To}: {peer.Link}{speed}";
        }

        if (rates?.Gather is { } gather)
        {
            var nccl = gather.Nccl is { } rate ? $", {rate / 1e9:N1} GB/s by NCCL" : "";
            yield return $"gather    {gather.Copies / 1e9:N1} GB/s into each GPU by copies{nccl}: runs gather slices by {(gather.PrefersNccl ? "NCCL" : "copies")}";
        }

        foreach (var library in found.Libraries)
        {
            yield return library.Path is null
                ? $"missing   {library.Name}: install {library.Needed}"
                : $"library   {library.Name} {library.Version ?? "(no version)"}, {library.Path}";
        }

        if (found.DriverProblem is { } problem) yield return $"problem   {problem}";
        yield return found.Gpus.Count > 0 && found.Libraries.Take(3).All(library => library.Path is not null)
            ? "distzo computes on the GPU unless told otherwise (--device cpu)"
            : "distzo computes on the CPU here";
    }

    private static string Json(CudaDiagnosis found, Rates? rates) => MetricsLine.Write(json =>
    {
        json.WriteString("cpu", Cpu());
        json.WriteStartArray("gpus");
        foreach (var gpu in found.Gpus)
        {
            json.WriteStartObject();
            json.WriteString("device", $"cuda:{gpu.Ordinal}");
            json.WriteString("name", gpu.Name);
            json.WriteString("compute_capability", $"{gpu.Capability / 10}.{gpu.Capability % 10}");
            json.WriteNumber("memory_bytes", gpu.MemoryBytes);
            json.WriteNumber("multiprocessors", gpu.Processors);
            json.WriteString("pci_bus_id", gpu.BusId);
            if (rates is not null)
            {
                json.WriteNumber("upload_bytes_per_second", rates.Host[gpu.Ordinal].Up);
                json.WriteNumber("download_bytes_per_second", rates.Host[gpu.Ordinal].Down);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("links");
        foreach (var peer in found.Peers)
        {
            json.WriteStartObject();
            json.WriteString("from", $"cuda:{peer.From}");
            json.WriteString("to", $"cuda:{peer.To}");
            json.WriteBoolean("direct", peer.CanAccess);
            json.WriteString("kind", !peer.CanAccess ? "host" : peer.HasAtomics ? "nvlink" : "pcie");
            json.WriteNumber("rank", peer.Rank);
            if (rates?.Peers.TryGetValue((peer.From, peer.To), out var rate) == true) json.WriteNumber("bytes_per_second", rate);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (rates?.Gather is { } gather)
        {
            json.WriteStartObject("gather");
            json.WriteNumber("copy_bytes_per_second", gather.Copies);
            if (gather.Nccl is { } nccl) json.WriteNumber("nccl_bytes_per_second", nccl);
            json.WriteString("chosen", gather.PrefersNccl ? "nccl" : "copy");
            json.WriteEndObject();
        }

        json.WriteStartArray("libraries");
        foreach (var library in found.Libraries)
        {
            json.WriteStartObject();
            json.WriteString("name", library.Name);
            json.WriteString("path", library.Path);
            json.WriteString("version", library.Version);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("problem", found.DriverProblem);
    });

    /// <summary>Measured rates, in bytes a second.</summary>
    private sealed record Rates(IReadOnlyList<(double Up, double Down)> Host, IReadOnlyDictionary<(int From, int To), double> Peers, GatherRates? Gather)
    {
        public static Rates Measure(CudaDiagnosis found) => new(
            [.. found.Gpus.Select(gpu => CopyRates.Host(gpu.Ordinal))],
            found.Peers.ToDictionary(peer => (peer.From, peer.To), peer => CopyRates.Peer(peer.From, peer.To)),
            GatherRates.Measure(found.Gpus.Count));
    }
}
