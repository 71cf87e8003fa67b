using System.Diagnostics;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>Lines of the documentation in a shell that knows <c>distzo</c>, and stand-ins for programs that a test names.</summary>
internal sealed class Shell
{
    private readonly string _folder;
    private readonly string _programs;

    /// <param name="folder">Where it runs; the programs come into <c>bin</c> there.</param>
    public Shell(string folder)
    {
        (_folder, _programs) = (folder, Path.Combine(folder, "bin"));
        Directory.CreateDirectory(_programs);
        Program("distzo", $"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "distzo.dll")}' \"$@\"");
    }

    /// <summary>Adds a program, found before those of the machine.</summary>
    public void Program(string name, string script)
    {
        var path = Path.Combine(_programs, name);
        File.WriteAllText(path, $"#!/bin/bash\n{script}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    /// <summary>Runs a script to its end.</summary>
    public (int ExitCode, string Said) Run(string script, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        start.Environment["PATH"] = $"{_programs}:{Environment.GetEnvironmentVariable("PATH")}";
        foreach (var (name, value) in variables) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(DistzoProcess.Limit))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"it does not end: {script}");
        }

        return (process.ExitCode, output.Result + error.Result);
    }

    /// <summary>Runs a script that must succeed, and returns what it said.</summary>
    public string Done(string script, params (string Name, string Value)[] variables)
    {
        var ran = Run(script, variables);
        Assert.True(ran.ExitCode == 0, ran.Said);
        return ran.Said;
    }
}
