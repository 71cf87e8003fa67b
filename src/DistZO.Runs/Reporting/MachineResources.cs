using System.Globalization;

namespace DistZO.Runs;

/// <summary>What the machine has left for this process, in bytes; null where it cannot be known.</summary>
/// <param name="AvailableMemory">Memory that can still be taken, swap not counted: the machine's or, if less, the container's.</param>
/// <param name="FreeDisk">Free space where the output goes.</param>
public sealed record MachineResources(long? AvailableMemory, long? FreeDisk)
{
    /// <summary>Reads <c>/proc/meminfo</c>, the control groups (version 1 or 2) and the disk of <paramref name="output"/>.</summary>
    /// <param name="output">A file or directory; it need not exist yet.</param>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are: tests put their own there.</param>
    public static MachineResources Read(string output, string root = "/") =>
        new(Least(AvailableOfMachine(root), AvailableOfControlGroups(root)), FreeOf(output));

    private static long? AvailableOfMachine(string root)
    {
        const string Key = "MemAvailable:";
        foreach (var line in Lines(root, "proc/meminfo"))
        {
            if (!line.StartsWith(Key, StringComparison.Ordinal)) continue;
            var kibibytes = Number(line[Key.Length..].Replace("kB", "", StringComparison.Ordinal));
            return kibibytes * 1024;
        }

        return null;
    }

    private static long? AvailableOfControlGroups(string root)
    {
        long? least = null;
        foreach (var line in Lines(root, "proc/self/cgroup"))
        {
            // "0::/path" is version 2; "5:memory:/path" is the memory controller of version 1.
            var parts = line.Split(':', 3);
            if (parts.Length < 3) continue;
            var unified = parts[1].Length == 0;
            if (!unified && !parts[1].Split(',').Contains("memory")) continue;
            var (mount, limit, usage, cache) = unified
                ? ("sys/fs/cgroup", "memory.max", "memory.current", "")
                : ("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_");

            // A limit of any ancestor holds too. Inside a container the path may be the host's; then only the top one is there.
            for (var at = parts[2].Trim('/'); ; at = at[..Math.Max(0, at.LastIndexOf('/'))])
            {
                var max = NumberIn(root, mount, at, limit);
                var used = NumberIn(root, mount, at, usage);
                if (max is { } m && used is { } u)
                {
                    // Cached files count as used, and a model that was just read fills the cache; the kernel gives them up when asked.
                    var cached = Statistic(root, mount, at, cache + "inactive_file") + Statistic(root, mount, at, cache + "active_file");
                    least = Least(least, Math.Max(0, m - Math.Max(0, u - cached)));
                }

                if (at.Length == 0) break;
            }
        }

        return least;
    }

    private static long? FreeOf(string output)
    {
        // The output may not exist yet: its nearest ancestor is on the same disk.
        for (var at = Path.GetFullPath(output); at is not null; at = Path.GetDirectoryName(at))
        {
            if (!Directory.Exists(at)) continue;
            try
            {
                return new DriveInfo(at).AvailableFreeSpace;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                return null;
            }
        }

        return null;
    }

    private static long? Least(long? a, long? b) => a is { } x && b is { } y ? Math.Min(x, y) : a ?? b;

    private static long? NumberIn(string root, params string[] path) =>
        Lines(root, Path.Combine(path)).FirstOrDefault() is { } line ? Number(line) : null;

    private static long Statistic(string root, string mount, string group, string name)
    {
        var line = Lines(root, Path.Combine(mount, group, "memory.stat")).FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return line is null ? 0 : Number(line[name.Length..]) ?? 0;
    }

    // "max" (version 2) is no number and so no limit.
    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string[] Lines(string root, string path)
    {
        try
        {
            var file = Path.Combine(root, path);
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
