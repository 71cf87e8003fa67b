using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace DistZO.Cli.Cluster;

/// <summary>
/// What launchers tell their processes in the environment: torchrun (<c>MASTER_ADDR</c>, <c>RANK</c>, …), Kubeflow (<c>PET_…</c>), SLURM,
/// Kubernetes Indexed Jobs and JobSet. Flags override all of it.
/// </summary>
/// <param name="variable">Reads a variable; null or empty if it is not set.</param>
internal sealed class LaunchEnvironment(Func<string, string?> variable)
{
    /// <summary>That of this process.</summary>
    public static LaunchEnvironment Current { get; } = new(Environment.GetEnvironmentVariable);

    /// <summary>Where the coordinator is; null if nothing says so.</summary>
    public string? Coordinator
    {
        get
        {
            if (First("DISTZO_COORDINATOR") is { } own) return own;
            var host = First("MASTER_ADDR", "PET_MASTER_ADDR", "SLURM_LAUNCH_NODE_IPADDR") ?? FirstNode();
            if (host is null) return null;
            if (IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6) host = $"[{address}]";
            return First("MASTER_PORT", "PET_MASTER_PORT") is { } port ? $"{host}:{port}" : host;
        }
    }

    /// <summary>Which of the job's processes this is, for its name; null if nothing says so.</summary>
    public string? Rank => First("RANK", "SLURM_PROCID", "JOB_COMPLETION_INDEX", "PET_NODE_RANK", "GROUP_RANK", "OMPI_COMM_WORLD_RANK");

    /// <summary>How many processes of the job share this machine; 1 if nothing says so.</summary>
    public int LocalProcesses =>
        First("LOCAL_WORLD_SIZE", "SLURM_NTASKS_PER_NODE", "OMPI_COMM_WORLD_LOCAL_SIZE") is { } text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0 ? count : 1;

    /// <summary>A name for people: the host's, with the rank where there is one.</summary>
    public string WorkerName => Rank is { } rank ? $"{Environment.MachineName}/{rank}" : Environment.MachineName;

    /// <summary>The first host of SLURM's list, which may be <c>node[03-07,12],other</c>.</summary>
    private string? FirstNode()
    {
        if (First("SLURM_JOB_NODELIST", "SLURM_NODELIST") is not { } list) return null;
        var node = new StringBuilder();
        // Within brackets, only what stands before the first comma or dash counts.
        var (isInside, isTaken) = (false, false);
        foreach (var c in list)
        {
            if (c == ',' && !isInside) break;
            if (c is '[' or ']') (isInside, isTaken) = (c == '[', false);
            else if (isInside && c is ('-' or ',')) isTaken = true;
            else if (!isTaken) node.Append(c);
        }

        return node.Length > 0 ? node.ToString() : null;
    }

    private string? First(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (variable(name) is { Length: > 0 } value) return value;
        }

        return null;
    }
}
