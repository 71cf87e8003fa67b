using DistZO.Cli.Tests.Commands;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>Coordinator and workers as processes, on a tiny run. The coordinator's recipe holds no path: those are the workers' own.</summary>
internal sealed class TinyCluster(int layers = 2) : IDisposable
{
    private static readonly string[] Paths = ["--model", "--data", "--eval-data", "--output", "--threads"];

    private readonly List<DistzoProcess> _processes = [];

    public TinyRun Tiny { get; } = new(layers: layers);

    /// <summary>What differs in the processes' environment from this one's.</summary>
    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>Where workers connect, as the coordinator that was started last said it; stays for one that is started again.</summary>
    public string Address { get; private set; } = "127.0.0.1:0";

    /// <summary>Where the dashboard is.</summary>
    public string Http { get; private set; } = "";

    /// <summary>The coordinator that was started last.</summary>
    public DistzoProcess Coordinator { get; private set; } = null!;

    /// <summary>Starts a coordinator and waits until it listens.</summary>
    public DistzoProcess StartCoordinator(string ledger, int steps, params string[] more)
    {
        Coordinator = Start([.. CoordinatorArguments(ledger, steps, more)]);
        var withHttp = Array.IndexOf(more, "none") < 0;
        if (withHttp) Http = Coordinator.WaitFor("dashboard at ").Split(' ')[^1];
        var words = Coordinator.WaitFor("waiting for workers: ").Split(' ');
        Address = words[Array.IndexOf(words, "--coordinator") + 1];
        return Coordinator;
    }

    /// <summary>The command line of a coordinator.</summary>
    public IEnumerable<string> CoordinatorArguments(string ledger, int steps, params string[] more)
    {
        string[] own = ["--ledger", Tiny[ledger], "--listen", Address, "--http", "127.0.0.1:0"];
        return
        [
            "coordinator",
            .. own.Concat(Tiny.Recipe("none", steps)).Chunk(2).Where(pair => !Paths.Contains(pair[0]) && !more.Contains(pair[0])).SelectMany(pair => pair),
            .. more,
        ];
    }

    /// <summary>Writes the recipe of a coordinator to <c>recipe.yaml</c>, and returns its path.</summary>
    public string WriteRecipe(int steps)
    {
        File.WriteAllLines(Tiny["recipe.yaml"], Tiny.Recipe("none", steps).Chunk(2).Where(pair => !Paths.Contains(pair[0]))
            .Select(pair => $"{pair[0][2..].Replace('-', '_')}: {(pair[1].StartsWith("{text}", StringComparison.Ordinal) ? $"\"{pair[1]}\"" : pair[1])}"));
        return Tiny["recipe.yaml"];
    }

    /// <summary>Starts a worker.</summary>
    public DistzoProcess StartWorker(string? output = null, params string[] more) => Start(WorkerArguments(output, more));

    /// <summary>The command line of a worker.</summary>
    public string[] WorkerArguments(string? output = null, params string[] more)
    {
        string[] own = ["--coordinator", Address, "--patience", "300", "--model", Tiny.Model, "--data", Tiny.Data, "--eval-data", Tiny.Held, "--threads", "1"];
        if (output is not null) own = [.. own, "--output", Tiny[output]];
        return ["worker", .. own.Chunk(2).Where(pair => !more.Contains(pair[0])).SelectMany(pair => pair), .. more];
    }

    /// <summary>Runs a command to its end in this process, which is faster.</summary>
    public Outcome Worker(params string[] more) => Distzo.Run(WorkerArguments(null, more));

    public DistzoProcess Start(params string[] args)
    {
        var process = new DistzoProcess(Environment, args);
        _processes.Add(process);
        return process;
    }

    /// <summary>Asserts that records are those of a run alone, and the weights of an output.</summary>
    public void AssertSameAsAlone(string ledger, string? output, int steps, params string[] more)
    {
        if (!Directory.Exists(Tiny["alone"])) Tiny.Trained("alone", steps, more);
        Assert.Equal(Tiny.Ledger("alone"), Tiny.Ledger(ledger));
        if (output is not null) Assert.Equal(Tiny.Weights("alone"), Tiny.Weights(output));
    }

    public void Dispose()
    {
        foreach (var process in _processes) process.Dispose();
        Tiny.Dispose();
    }
}
