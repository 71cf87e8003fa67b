using System.Diagnostics;

namespace DistZO.Cli.Cluster;

/// <summary>This program, to be started once more.</summary>
internal static class OwnProgram
{
    /// <summary>How to start it with some arguments, its streams being pipes.</summary>
    public static ProcessStartInfo With(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
#pragma warning disable IL3000 // Empty where the program is a single file, which is what is asked here.
        var program = typeof(OwnProgram).Assembly.Location;
#pragma warning restore IL3000
        var host = Environment.ProcessPath;
        if (program.Length > 0)
        {
            start.FileName = Path.GetFileNameWithoutExtension(host) == "dotnet" ? host! : "dotnet";
            start.ArgumentList.Add(program);
        }
        else
        {
            start.FileName = host!;
        }

        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return start;
    }
}
