using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace DistZO.Deployment.Tests;

/// <summary>The Docker daemon of this machine, if one runs. No test starts one.</summary>
internal static class Docker
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>The image under test. Skips the test where there is none, or no daemon.</summary>
    /// <param name="target">Of make, which builds it.</param>
    public static string RequireImage(string target)
    {
        var image = Environment.GetEnvironmentVariable("DISTZO_IMAGE");
        Skip.If(string.IsNullOrEmpty(image), $"`make {target}` runs this: it builds the image, and needs a Docker daemon");
        Skip.IfNot(Command.Try(["docker", "info"]) is { ExitCode: 0 }, "no Docker daemon answers");
        return image!;
    }

    /// <summary>A container's run, as <c>docker inspect</c> tells it.</summary>
    public static string Inspect(string container, string format) => Command.Run("docker", "inspect", "--format", format, container);

    /// <summary>Kills a container's main process, as the machine might: Docker does not know why.</summary>
    public static void KillMainProcess(string container)
    {
        var id = int.Parse(Inspect(container, "{{.State.Pid}}"), CultureInfo.InvariantCulture);
        // Not running just now: whoever kills at random may come between two starts.
        if (id == 0) return;
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // As above.
        }
    }

    /// <summary>Waits for a container to stop for good, and returns its exit code.</summary>
    public static int WaitForExit(string container)
    {
        WaitUntil(() => Inspect(container, "{{.State.Status}}") == "exited", $"the end of {container}");
        return int.Parse(Inspect(container, "{{.State.ExitCode}}"), CultureInfo.InvariantCulture);
    }

    /// <summary>What a container said, on both streams.</summary>
    public static string Logs(string container) => Command.Try(["docker", "logs", container])!.Said;

    /// <summary>The committed steps of the run that a container coordinates; -1 while it does not answer.</summary>
    public static int Step(string coordinator)
    {
        var asked = Command.Try(["docker", "exec", coordinator, "/usr/bin/distzo", "status", "http://127.0.0.1:8080", "--json"])!;
        if (asked.ExitCode != 0) return -1;
        using var json = JsonDocument.Parse(asked.Output);
        return json.RootElement.GetProperty("status").GetProperty("step").GetInt32();
    }

    public static void WaitForStep(string coordinator, int step) => WaitUntil(() => Step(coordinator) >= step, $"step {step}");

    public static void WaitUntil(Func<bool> condition, string what)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            if (since.Elapsed > Limit) throw new TimeoutException($"waited in vain for {what}");
            Thread.Sleep(100);
        }
    }
}
