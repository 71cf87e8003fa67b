using System.Diagnostics;
using System.Text.RegularExpressions;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>The ways to start workers that the documentation gives, run as they stand; srun and ssh start processes of this machine.</summary>
[Collection("processes")]
public sealed class LaunchScriptTests : IDisposable
{
    private const int Steps = 30;

    private static readonly string Repository = FindRepository();

    private readonly TinyCluster _cluster = new();

    public LaunchScriptTests()
    {
        Program("distzo", $"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "distzo.dll")}' \"$@\"");
        // Options come before the command; each task gets its number.
        Program("srun", "while [ \"${1#-}\" != \"$1\" ]; do shift; done; for i in 0 1; do SLURM_PROCID=$i \"$@\" & pids=\"$pids $!\"; done; trap 'kill -TERM $pids' TERM; for p in $pids; do wait $p; done");
        Program("ssh", "[ \"$1\" = -n ] && shift 2; exec env -i PATH=\"$PATH\" HOME=\"$HOME\" sh -c \"$1\"");
        Program("hostname", "echo 127.0.0.1");
    }

    public void Dispose() => _cluster.Dispose();

    [SkippableFact]
    public void SbatchScript_OfTwoTasks_RunsToTheEnd()
    {
        var recipe = _cluster.Tiny["recipe.yaml"];
        File.WriteAllLines(recipe, _cluster.Tiny.Recipe("none", Steps).Chunk(2)
            .Where(pair => pair[0] is not ("--model" or "--data" or "--eval-data" or "--output" or "--threads"))
            .Select(pair => $"{pair[0][2..].Replace('-', '_')}: {Yaml(pair[1])}"));
        var ran = Shell(
            $"bash '{Path.Combine(Repository, "examples", "slurm", "distzo.sbatch")}'",
            ("MODEL", _cluster.Tiny.Model), ("TRAIN", _cluster.Tiny.Data), ("EVAL", _cluster.Tiny.Held), ("RECIPE", recipe), ("RUN", _cluster.Tiny["ledger"]),
            ("PORT", "29473"), ("SLURM_JOB_ID", "7"), ("SLURM_TMPDIR", _cluster.Tiny["tmp"]));
        Assert.True(ran.ExitCode == 0, ran.Said);
        Assert.Contains("/1: ", ran.Said, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(ran.Said, "the run has ended: completed"));
        _cluster.AssertSameAsAlone("ledger", null, Steps);
    }

    [SkippableFact]
    public void LinesForSsh_OfThePage_StartWorkers()
    {
        var page = File.ReadAllLines(Path.Combine(Repository, "docs", "operations.md")).Select(line => line.Trim()).ToList();
        var lines = page.SkipWhile(line => line != "## By hand").Where(line => line.StartsWith("export ", StringComparison.Ordinal) || line.StartsWith("for host", StringComparison.Ordinal)).Take(2);
        var token = _cluster.Tiny["token"];
        File.WriteAllText(token, "a long random word");
        _cluster.StartCoordinator("ledger", Steps, "--token-file", token);
        var script = string.Join('\n', lines.Append("wait"))
            .Replace("10.0.0.1:29400", _cluster.Address, StringComparison.Ordinal)
            .Replace("/shared/token", token, StringComparison.Ordinal)
            .Replace("--model DIR", $"--model {_cluster.Tiny.Model}", StringComparison.Ordinal)
            .Replace("--data train.jsonl", $"--data {_cluster.Tiny.Data}", StringComparison.Ordinal)
            .Replace("--eval-data dev.jsonl", $"--eval-data {_cluster.Tiny.Held}", StringComparison.Ordinal);
        var ran = Shell(script);
        _cluster.Coordinator.Done();
        Assert.Equal(2, Regex.Count(ran.Said, "the run has ended: completed"));
        _cluster.AssertSameAsAlone("ledger", null, Steps);
    }

    private static string Yaml(string value) => value.StartsWith("{text}", StringComparison.Ordinal) ? $"\"{value}\"" : value;

    private void Program(string name, string script)
    {
        var path = Path.Combine(Directory.CreateDirectory(_cluster.Tiny["bin"]).FullName, name);
        File.WriteAllText(path, $"#!/bin/bash\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    private (int ExitCode, string Said) Shell(string script, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{_cluster.Tiny["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        Assert.True(process.WaitForExit(DistzoProcess.Limit), "it does not end");
        return (process.ExitCode, output.Result + error.Result);
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DistZO.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("these tests belong in a checkout");
    }
}
