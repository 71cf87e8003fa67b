using System.Text.RegularExpressions;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>The ways to start workers that the documentation gives, run as they stand; srun and ssh start processes of this machine.</summary>
[Collection("processes")]
public sealed class LaunchScriptTests : IDisposable
{
    private const int Steps = 30;

    private readonly TinyCluster _cluster = new();
    private readonly Shell _shell;

    public LaunchScriptTests()
    {
        _shell = new Shell(_cluster.Tiny["."]);
        // Options come before the command; each task gets its number.
        _shell.Program("srun", "while [ \"${1#-}\" != \"$1\" ]; do shift; done; for i in 0 1; do SLURM_PROCID=$i \"$@\" & pids=\"$pids $!\"; done; trap 'kill -TERM $pids' TERM; for p in $pids; do wait $p; done");
        _shell.Program("ssh", "[ \"$1\" = -n ] && shift 2; exec env -i PATH=\"$PATH\" HOME=\"$HOME\" sh -c \"$1\"");
        _shell.Program("hostname", "echo 127.0.0.1");
    }

    public void Dispose() => _cluster.Dispose();

    [SkippableFact]
    public void SbatchScript_OfTwoTasks_RunsToTheEnd()
    {
        var recipe = _cluster.WriteRecipe(Steps);
        var said = _shell.Done(
            $"bash '{Path.Combine(Fixtures.Repository, "examples", "slurm", "distzo.sbatch")}'",
            ("MODEL", _cluster.Tiny.Model), ("TRAIN", _cluster.Tiny.Data), ("EVAL", _cluster.Tiny.Held), ("RECIPE", recipe), ("RUN", _cluster.Tiny["ledger"]),
            ("PORT", "29473"), ("SLURM_JOB_ID", "7"), ("SLURM_TMPDIR", _cluster.Tiny["tmp"]));
        Assert.Contains("/1: ", said, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(said, "the run has ended: completed"));
        _cluster.AssertSameAsAlone("ledger", null, Steps);
    }

    [SkippableFact]
    public void LinesForSsh_OfThePage_StartWorkers()
    {
        var token = _cluster.Tiny["token"];
        File.WriteAllText(token, "a long random word");
        _cluster.StartCoordinator("ledger", Steps, "--token-file", token);
        var script = string.Join('\n', [.. OperatorPage.Commands("operations.md", "By hand"), "wait"])
            .Replace("10.0.0.1:29400", _cluster.Address, StringComparison.Ordinal)
            .Replace("/shared/token", token, StringComparison.Ordinal)
            .Replace("--model DIR", $"--model {_cluster.Tiny.Model}", StringComparison.Ordinal)
            .Replace("--data train.jsonl", $"--data {_cluster.Tiny.Data}", StringComparison.Ordinal)
            .Replace("--eval-data dev.jsonl", $"--eval-data {_cluster.Tiny.Held}", StringComparison.Ordinal);
        var said = _shell.Done(script);
        _cluster.Coordinator.Done();
        Assert.Equal(2, Regex.Count(said, "the run has ended: completed"));
        _cluster.AssertSameAsAlone("ledger", null, Steps);
    }
}
