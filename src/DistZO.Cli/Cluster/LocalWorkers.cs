using System.Diagnostics;
using DistZO.Devices;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Cluster;

/// <summary>
/// Worker processes of <c>distzo train --workers N</c> on this machine: started, watched, started again when they die. They end by
/// themselves when this process does, for they watch the pipe to it.
/// </summary>
internal sealed class LocalWorkers : IDisposable
{
    /// <summary>One after the other, each of them short-lived: it will not get better.</summary>
    private const int MostRestarts = 10;
    private static readonly TimeSpan ShortLife = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RestartDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(10);

    private readonly Action<string> _tell;
    private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _ending = new();
    private readonly List<Process> _processes = [];
    private readonly List<Task> _watches = [];

    /// <param name="tell">Receives a line for people.</param>
    public LocalWorkers(Action<string> tell) => _tell = tell;

    /// <summary>Fails with what a worker said that cannot take part, now or ever.</summary>
    public Task Failed => _failed.Task;

    /// <summary>Starts the workers.</summary>
    /// <param name="recipe">Its paths are the workers' too; threads are shared out.</param>
    /// <param name="coordinator">Where they connect.</param>
    /// <param name="token">What they bring.</param>
    /// <param name="allowsCommand">Whether the objective may run a program.</param>
    public void Start(Recipe recipe, string coordinator, string token, bool allowsCommand)
    {
        var count = recipe.Get(RecipeKeys.Workers);
        var threads = ShareThreads(recipe.Get(RecipeKeys.Threads) ?? Environment.ProcessorCount, count);
        for (var i = 0; i < count; i++)
        {
            string[] arguments =
            [
                "worker", "--coordinator", coordinator, "--name", $"worker {i}", "--threads", $"{threads[i]}", "--exit-with-parent",
                "--model", recipe.Get(RecipeKeys.Model) ?? throw new BadInputException("model_name_or_path is not set; give it with --model or in the recipe"),
                "--data", recipe.Get(RecipeKeys.TrainFile) ?? throw new BadInputException("train_file is not set; give it with --data or in the recipe"),
                .. recipe.Get(RecipeKeys.EvalFile) is { } rows ? (string[])["--eval-data", rows] : [],
                .. PlacementArguments(recipe, i),
                .. allowsCommand ? (string[])[Commands.AllowCommand.Flag] : [],
                // One of them writes; snapshots help all of them to come back.
                .. i == 0 ? (string[])["--output", recipe.Get(RecipeKeys.Output)!] : ["--cache", Path.Combine(recipe.Get(RecipeKeys.Output)!, ".distzo"), "--no-snapshots"],
            ];
            var number = i;
            _watches.Add(Task.Run(() => Watch(number, arguments, token)));
        }
    }

    /// <summary>Where a worker keeps its weights: as the recipe says, on disk in a folder of its own.</summary>
    internal static IEnumerable<string> PlacementArguments(Recipe recipe, int worker)
    {
        foreach (var key in Commands.OwnPlacement.SlotKeys)
        {
            if (key == RecipeKeys.OffloadDir || recipe.Text(key) is not { } text) continue;
            yield return $"--{key.Name.Replace('_', '-')}";
            yield return text;
        }

        // A folder for what is not on disk has no effect, and the worker says so.
        if (!Commands.OwnPlacement.MayUseDisk(recipe) && recipe.Text(RecipeKeys.OffloadDir) is null) yield break;
        yield return "--offload-dir";
        yield return worker == 0 ? BlockStores.FolderOf(recipe) : $"{BlockStores.FolderOf(recipe)}-{worker}";
    }

    /// <summary>Threads of each worker: they add up to the total, and differ by one at most; each has one at least.</summary>
    internal static int[] ShareThreads(int total, int workers) =>
        [.. Enumerable.Range(0, workers).Select(i => Math.Max(1, (total / workers) + (i < total % workers ? 1 : 0)))];

    /// <summary>From here on a worker that ends is not started again.</summary>
    public void Release() => _ending.Cancel();

    /// <summary>Waits for the workers to end by themselves after the run has.</summary>
    public async Task End()
    {
        Release();
        await Task.WhenAny(Task.WhenAll(_watches), Task.Delay(EndPatience));
    }

    public void Dispose()
    {
        _ending.Cancel();
        lock (_processes)
        {
            foreach (var process in _processes)
            {
                if (!process.HasExited) process.Kill();
                process.Dispose();
            }
        }

        _ending.Dispose();
    }

    private async Task Watch(int number, string[] arguments, string token)
    {
        for (var start = 0; ; start++)
        {
            try
            {
                if (Run(arguments, token) is not { } process) return;
                var began = TimeProvider.System.GetTimestamp();
                var said = "";
                while (await process.StandardError.ReadLineAsync() is { } line)
                {
                    said = line;
                    if (line.StartsWith("warning:", StringComparison.Ordinal) && !_ending.IsCancellationRequested) _tell($"worker {number}: {line}");
                }

                await process.WaitForExitAsync();
                if (process.ExitCode == ExitCodes.Done) return;
                if (process.ExitCode == ExitCodes.BadInput) throw new BadInputException(Said(said));
                if (_ending.IsCancellationRequested) return;
                if (TimeProvider.System.GetElapsedTime(began) > ShortLife) start = 0;
                if (start >= MostRestarts) throw new RunFailedException($"worker {number} ended {start + 1} times: {Said(said)}");
                _tell($"worker {number} ended with exit code {process.ExitCode}{(said.Length > 0 ? $" ({Said(said)})" : "")}; starting it again");
                await Task.Delay(RestartDelay, _ending.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                _failed.TrySetException(e);
                return;
            }
        }
    }

    /// <summary>Starts a worker; null if none is to be started any more.</summary>
    private Process? Run(string[] arguments, string token)
    {
        var start = OwnProgram.With(arguments);
        start.Environment[SecurityOptions.TokenVariable] = token;
        // What they say is read here.
        start.Environment[Terminal.LogFormat.Variable] = Terminal.LogFormat.Text;
        lock (_processes)
        {
            if (_ending.IsCancellationRequested) return null;
            var process = Process.Start(start)!;
            _processes.Add(process);
            // Nobody reads what it prints there.
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            return process;
        }
    }

    private static string Said(string line) => line.StartsWith("distzo: ", StringComparison.Ordinal) ? line["distzo: ".Length..] : line;
}
