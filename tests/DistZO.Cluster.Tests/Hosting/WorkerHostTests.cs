using DistZO.Coordinator;
using DistZO.Devices;
using DistZO.Rpc;
using DistZO.Runs;
using DistZO.Worker;

namespace DistZO.Cluster.Tests.Hosting;

/// <summary>A worker and its connection, through real sockets.</summary>
public sealed class WorkerHostTests(RunFiles files) : IClassFixture<RunFiles>
{
    [Fact]
    public async Task Run_ThatEndsWhileAWorkerOpensItsModel_IsOverForIt() => Assert.Equal(RunOutcome.FinishedBefore, await EndWhileItOpens(output: null));

    [Fact]
    public async Task Run_ThatEndsWhileItsWriterOpensItsModel_SaysHowTheModelIsMade()
    {
        var problem = await Assert.ThrowsAsync<RunFailedException>(() => EndWhileItOpens(files.NewDirectory()));
        Assert.Contains("distzo export", problem.Message);
    }

    [Fact]
    public async Task Run_ThatHasEndedBeforeAWorkerConnects_IsOverForIt()
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        await coordinator.Loop.CloseAll(LinkEnd.Done, "the run has ended");
        // It listens still, and says so to whoever comes before it is gone.
        var options = new WorkerOptions { Name = "late", Open = files.Open };
        var said = new List<string>();
        var outcome = await Task.Run(() => new WorkerHost(Hosting(coordinator), options, (_, _, line) => said.Add(line), TimeProvider.System).Run())
            .WaitAsync(RunningCoordinator.Limit);
        Assert.Equal(RunOutcome.FinishedBefore, outcome);
        Assert.DoesNotContain(said, line => line.Contains("trying again", StringComparison.Ordinal));
    }

    private static HostingOptions Hosting(RunningCoordinator coordinator) => new()
    {
        Address = new Uri($"http://{coordinator.Host.Listen}"),
        Token = RunningCoordinator.Token,
        Handler = RpcHandler.Create(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10)),
    };

    private async Task<RunOutcome?> EndWhileItOpens(RunDirectory? output)
    {
        await using var coordinator = await RunningCoordinator.Start(files);
        var opening = new TaskCompletionSource();
        using var ended = new ManualResetEventSlim();
        var options = new WorkerOptions
        {
            Name = "late",
            Output = output,
            Open = recipe =>
            {
                opening.SetResult();
                ended.Wait(RunningCoordinator.Limit);
                return files.Open(recipe);
            },
        };
        var running = Task.Run(() => new WorkerHost(Hosting(coordinator), options, (_, _, _) => { }, TimeProvider.System).Run());
        await opening.Task.WaitAsync(RunningCoordinator.Limit);
        await coordinator.Loop.CloseAll(LinkEnd.Done, "the run has ended");
        ended.Set();
        return await running.WaitAsync(RunningCoordinator.Limit);
    }
}
