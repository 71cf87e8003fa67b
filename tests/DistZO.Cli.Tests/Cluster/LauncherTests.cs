using DistZO.Cli.Cluster;
using DistZO.Devices;

namespace DistZO.Cli.Tests.Cluster;

public sealed class LauncherTests
{
    [Theory]
    [InlineData("MASTER_ADDR=10.0.0.5 MASTER_PORT=1234 RANK=3", "10.0.0.5:1234", "3")]
    [InlineData("PET_MASTER_ADDR=job-0.svc PET_MASTER_PORT=29500 PET_NODE_RANK=1", "job-0.svc:29500", "1")]
    [InlineData("SLURM_JOB_NODELIST=node[03-07,12],other SLURM_PROCID=4", "node03", "4")]
    [InlineData("SLURM_JOB_NODELIST=alpha,beta[1-2]", "alpha", null)]
    [InlineData("SLURM_JOB_NODELIST=gpu[1,4]-ib", "gpu1-ib", null)]
    [InlineData("SLURM_JOB_NODELIST=single", "single", null)]
    [InlineData("SLURM_LAUNCH_NODE_IPADDR=10.1.1.1 SLURM_JOB_NODELIST=x[1-2]", "10.1.1.1", null)]
    [InlineData("DISTZO_COORDINATOR=run-coordinator:29400 MASTER_ADDR=other JOB_COMPLETION_INDEX=2", "run-coordinator:29400", "2")]
    [InlineData("", null, null)]
    public void Environment_OfALauncher_SaysWhereAndWho(string variables, string? coordinator, string? rank)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        var environment = new LaunchEnvironment(set.GetValueOrDefault);
        Assert.Equal((coordinator, rank), (environment.Coordinator, environment.Rank));
    }

    [Theory]
    [InlineData("LOCAL_WORLD_SIZE", "4", 4)]
    [InlineData("SLURM_NTASKS_PER_NODE", "2", 2)]
    [InlineData("LOCAL_WORLD_SIZE", "none", 1)]
    public void Environment_OfSeveralProcesses_SharesTheMachine(string name, string value, int processes) =>
        Assert.Equal(processes, new LaunchEnvironment(variable => variable == name ? value : null).LocalProcesses);

    [Theory]
    [InlineData("host", "host", 29400)]
    [InlineData("host:1", "host", 1)]
    [InlineData("[::1]:80", "::1", 80)]
    [InlineData("::1", "::1", 29400)]
    [InlineData("[::1]", "::1", 29400)]
    [InlineData("*:0", "*", 0)]
    public void Endpoint_AsPeopleWriteIt_IsRead(string text, string host, int port) =>
        Assert.Equal(new Endpoint(host, port), Endpoint.Parse(text, "--listen", Endpoint.DefaultPort));

    [Theory]
    [InlineData("host:", "'' is not a port")]
    [InlineData("host:x", "'x' is not a port")]
    [InlineData("host:99999", "'99999' is not a port")]
    [InlineData(":80", "names no host")]
    public void Endpoint_ThatIsNone_IsRefusedByName(string text, string problem) =>
        Assert.Contains(problem, Assert.Throws<BadInputException>(() => Endpoint.Parse(text, "--listen", 1)).Message);
}
