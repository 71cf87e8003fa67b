using DistZO.Cli.Cluster;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>What launchers say in the environment.</summary>
public class LaunchEnvironmentTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("DISTZO_COORDINATOR=a:1 MASTER_ADDR=b MASTER_PORT=2", "a:1")]
    [InlineData("MASTER_ADDR=10.0.0.1 MASTER_PORT=29500", "10.0.0.1:29500")] // torchrun
    [InlineData("MASTER_ADDR=fd00::1 MASTER_PORT=29500", "[fd00::1]:29500")]
    [InlineData("MASTER_ADDR=head", "head")]
    [InlineData("PET_MASTER_ADDR=job-0.svc PET_MASTER_PORT=29400", "job-0.svc:29400")] // Kubeflow
    [InlineData("SLURM_JOB_NODELIST=node[03-07,12],other", "node03")]
    [InlineData("SLURM_JOB_NODELIST=node[12,03-07]", "node12")]
    [InlineData("SLURM_JOB_NODELIST=login,node[1-2]", "login")]
    [InlineData("SLURM_JOB_NODELIST=rack[1-2]node[3-4]-ib", "rack1node3-ib")]
    [InlineData("SLURM_JOB_NODELIST=gpu-a-7", "gpu-a-7")]
    [InlineData("SLURM_NODELIST=n[1-2] SLURM_LAUNCH_NODE_IPADDR=10.0.0.9", "10.0.0.9")]
    public void Coordinator_OfAnEnvironment_IsFound(string variables, string? expected) => Assert.Equal(expected, Of(variables).Coordinator);

    [Theory]
    [InlineData("", null)]
    [InlineData("RANK=3 LOCAL_RANK=1", "3")]
    [InlineData("SLURM_PROCID=4", "4")]
    [InlineData("JOB_COMPLETION_INDEX=5", "5")] // Indexed Jobs, and with them JobSet
    [InlineData("PET_NODE_RANK=6", "6")]
    public void Rank_OfAnEnvironment_IsFound(string variables, string? expected)
    {
        Assert.Equal(expected, Of(variables).Rank);
        Assert.Equal(expected is null ? Environment.MachineName : $"{Environment.MachineName}/{expected}", Of(variables).WorkerName);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("LOCAL_WORLD_SIZE=8", 8)]
    [InlineData("SLURM_NTASKS_PER_NODE=2", 2)]
    [InlineData("LOCAL_WORLD_SIZE=0", 1)]
    [InlineData("LOCAL_WORLD_SIZE=auto", 1)]
    public void LocalProcesses_OfAnEnvironment_ShareTheCores(string variables, int expected) => Assert.Equal(expected, Of(variables).LocalProcesses);

    private static LaunchEnvironment Of(string variables)
    {
        var set = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);
        return new LaunchEnvironment(set.GetValueOrDefault);
    }
}
