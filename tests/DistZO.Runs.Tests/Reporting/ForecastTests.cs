namespace DistZO.Runs.Tests.Reporting;

public sealed class ForecastTests : IDisposable
{
    private const long Gigabyte = 1_000_000_000;

    private static readonly Forecast Needs = new() { PeakMemory = 5 * Gigabyte, MemoryInUse = 2 * Gigabyte, Disk = Gigabyte, RemainingSeconds = 90 };

    private readonly string _root = Directory.CreateTempSubdirectory("distzo-machine-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void TimeToTheEnd_FirstStepSlow_CountsTheWarmOnes() =>
        Assert.Equal((1.5 * 100) + (7 * 4), Forecast.TimeToTheEnd([20, 1, 2], 100, 7, 4));

    [Theory]
    [InlineData(0, 10)] // the export, and its temporary copy
    [InlineData(1, 110)] // one snapshot kept
    [InlineData(9, 300)] // two kept, and a third for a moment
    public void DiskToTheEnd_Snapshots_AreKeptUpToTheLimit(int snapshots, long expected) =>
        Assert.Equal(expected, Forecast.DiskToTheEnd(100, snapshots, 2, exportBytes: snapshots == 9 ? 0 : 5));

    [Fact]
    public void Describe_Forecast_IsOneLine() =>
        Assert.Equal("forecast: 5.00 GB memory, 1.00 GB disk, 1:30 to the end", Needs.Describe());

    [Fact]
    public void Refusal_EnoughOrUnknown_IsNone()
    {
        Assert.Null(Needs.Refusal(new MachineResources(3 * Gigabyte, Gigabyte)));
        Assert.Null(Needs.Refusal(new MachineResources(null, null)));
    }

    [Fact]
    public void Refusal_TooLittleMemory_NamesBothAndTheFix()
    {
        var refusal = Needs.Refusal(new MachineResources((3 * Gigabyte) - 1, null));

        Assert.StartsWith("not enough memory: the run will need 3.00 GB more than it holds now and 3.00 GB are available", refusal, StringComparison.Ordinal);
        Assert.Contains("batch_size", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_TooLittleDisk_NamesBothAndTheFix()
    {
        var refusal = Needs.Refusal(new MachineResources(null, Gigabyte / 2));

        Assert.StartsWith("not enough disk: snapshots and the model will need 1.00 GB and 500 MB are free", refusal, StringComparison.Ordinal);
        Assert.Contains("save_total_limit", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void MachineResources_NoControlGroup_IsTheMachines()
    {
        Put("proc/meminfo", "MemTotal:  16000 kB\nMemFree:  100 kB\nMemAvailable:   9000 kB\n");

        Assert.Equal(9000 * 1024, Read());
    }

    [Fact]
    public void MachineResources_ControlGroup2_TakesTheTightestLevel()
    {
        Put("proc/meminfo", "MemAvailable:   9000 kB\n");
        Put("proc/self/cgroup", "0::/jobs/train\n");
        Put("sys/fs/cgroup/jobs/train/memory.max", "max\n");
        Put("sys/fs/cgroup/jobs/train/memory.current", "1000\n");
        Put("sys/fs/cgroup/jobs/memory.max", "5000000\n");
        Put("sys/fs/cgroup/jobs/memory.current", "2000000\n");

        Assert.Equal(3_000_000, Read());
    }

    [Fact]
    public void MachineResources_ControlGroup1_ReadsTheMemoryController()
    {
        Put("proc/meminfo", "MemAvailable:   9000 kB\n");
        Put("proc/self/cgroup", "7:cpu,cpuacct:/a\n5:memory:/of/the/host\n");
        Put("sys/fs/cgroup/memory/memory.limit_in_bytes", "4000\n");
        Put("sys/fs/cgroup/memory/memory.usage_in_bytes", "5000\n");

        Assert.Equal(0, Read());
    }

    [Theory]
    [InlineData("0::/", "sys/fs/cgroup", "memory.max", "memory.current", "")]
    [InlineData("5:memory:/", "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_")]
    public void MachineResources_ControlGroupFullOfCachedFiles_CountsThemAsAvailable(
        string group, string mount, string limit, string usage, string prefix)
    {
        Put("proc/meminfo", "MemAvailable:   9000 kB\n");
        Put("proc/self/cgroup", group + "\n");
        Put($"{mount}/{limit}", "5000000\n");
        Put($"{mount}/{usage}", "4900000\n");
        Put($"{mount}/memory.stat", $"anon 100000\n{prefix}inactive_file 3000000\n{prefix}active_file 800000\ninactive_file_not 9\n");

        Assert.Equal(100_000 + 3_800_000, Read());
    }

    [Fact]
    public void MachineResources_NothingKnown_IsNull() => Assert.Null(Read());

    [Fact]
    public void MachineResources_OutputNotMadeYet_FindsItsDisk() =>
        Assert.True(MachineResources.Read(Path.Combine(_root, "not", "yet", "there")).FreeDisk > 0);

    private long? Read() => MachineResources.Read(_root, _root).AvailableMemory;

    private void Put(string path, string text)
    {
        var file = Path.Combine(_root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
