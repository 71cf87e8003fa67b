using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>
/// A command as a process of its own. What it prints is kept, and can be waited for; every wait is bounded. Disposing it kills it.
/// </summary>
internal sealed partial class DistzoProcess : IDisposable
{
    /// <summary>Whatever takes this long has hung.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    public const int Interrupt = 2;
    public const int Terminate = 15;

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly Thread[] _readers;
    private int _next;
    private int _open;

    public DistzoProcess(params string[] args)
        : this([], args)
    {
    }

    /// <param name="environment">What differs in it from this process's own.</param>
    /// <param name="args">The command line.</param>
    public DistzoProcess(Dictionary<string, string> environment, string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true, RedirectStandardInput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "distzo.dll"));
        foreach (var arg in args) start.ArgumentList.Add(arg);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _process = Process.Start(start)!;
        var streams = new[] { _process.StandardError, _process.StandardOutput };
        _open = streams.Length;
        _readers = [.. streams.Select(stream => new Thread(() => Read(stream)) { IsBackground = true })];
        foreach (var reader in _readers) reader.Start();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>All lines so far, of both streams.</summary>
    public string Said
    {
        get
        {
            lock (_lines) return string.Join('\n', _lines);
        }
    }

    /// <summary>Waits for the line of a step or of a later one: an evaluation may have taken the place of the one itself.</summary>
    public void WaitForStep(int step) => WaitFor(
        $"step {step}", line => line.StartsWith("step ", StringComparison.Ordinal)
            && int.Parse(line[5..line.IndexOf('/', StringComparison.Ordinal)], CultureInfo.InvariantCulture) >= step);

    /// <summary>Waits for the next line with a text in it, behind those that were waited for before.</summary>
    public string WaitFor(string text) => WaitFor(text, line => line.Contains(text, StringComparison.Ordinal));

    private string WaitFor(string text, Func<string, bool> isIt)
    {
        var until = DateTime.UtcNow + Limit;
        lock (_lines)
        {
            while (true)
            {
                while (_next < _lines.Count)
                {
                    if (isIt(_lines[_next++])) return _lines[_next - 1];
                }

                if (_open == 0) throw new InvalidOperationException($"it ended without saying '{text}':\n{Said}");
                if (!Monitor.Wait(_lines, Left(until))) throw new TimeoutException($"it does not say '{text}':\n{Said}");
            }
        }
    }

    /// <summary>Waits for the end.</summary>
    public int WaitForExit()
    {
        if (!_process.WaitForExit(Limit)) throw new TimeoutException($"it does not end:\n{Said}");
        foreach (var reader in _readers) reader.Join(Limit);
        return _process.ExitCode;
    }

    /// <summary>Waits for a good end, and returns what it said.</summary>
    public string Done()
    {
        var exitCode = WaitForExit();
        Assert.True(exitCode == ExitCodes.Done, $"exit code {exitCode}:\n{Said}");
        return Said;
    }

    /// <summary>SIGKILL; returns when the process is gone.</summary>
    public void Kill()
    {
        _process.Kill();
        WaitForExit();
    }

    public void Signal(int signal) => Signal(_process.Id, signal);

    /// <summary>Sends a signal to a process that is no child of this one.</summary>
    public static void Signal(int id, int signal) => Assert.Equal(0, SendSignal(id, signal));

    /// <summary>Processes that this one has started and that live.</summary>
    public IReadOnlyList<int> Children() => ChildrenOf(_process.Id);

    /// <summary>Whether a process is there; one that nobody has waited for is not.</summary>
    public static bool IsAlive(int id) => Stat(id) is { State: not 'Z' };

    /// <summary>Kills a process that is no child of this one.</summary>
    public static void Kill(int id) => _ = SendSignal(id, 9);

    /// <summary>Waits until something is so.</summary>
    public static void Until(string what, Func<bool> isSo)
    {
        var until = DateTime.UtcNow + Limit;
        while (!isSo())
        {
            if (DateTime.UtcNow > until) throw new TimeoutException($"not so: {what}");
            Thread.Yield();
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        WaitForExit();
        _process.Dispose();
    }

    private static IReadOnlyList<int> ChildrenOf(int id) =>
    [
        .. Directory.GetDirectories("/proc").Select(Path.GetFileName)
            .Where(name => int.TryParse(name, out _)).Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            .Where(child => Stat(child) is { State: not 'Z' } stat && stat.Parent == id),
    ];

    /// <summary>The state and the parent of a process; null if there is none.</summary>
    private static (char State, int Parent)? Stat(int id)
    {
        try
        {
            // The name before may hold anything, in brackets.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return (fields[0][0], int.Parse(fields[1], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static TimeSpan Left(DateTime until) => until - DateTime.UtcNow is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    private void Read(StreamReader stream)
    {
        while (stream.ReadLine() is { } line)
        {
            lock (_lines)
            {
                _lines.Add(line);
                Monitor.PulseAll(_lines);
            }
        }

        lock (_lines)
        {
            _open--;
            Monitor.PulseAll(_lines);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int process, int signal);
}
