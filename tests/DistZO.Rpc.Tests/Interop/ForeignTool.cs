using System.Diagnostics;
using System.Text;
using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Google.Protobuf.Reflection;

namespace DistZO.Rpc.Tests.Interop;

/// <summary>A gRPC that others wrote, and our small programs over it. <c>tests/interop.sh</c> installs it.</summary>
/// <param name="name">Its name: grpcio or grpc-js.</param>
internal sealed class ForeignTool(string name) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private string? _missing;

    private static string Folder => Path.Combine(Fixtures.Repository, "tests", "DistZO.Rpc.Tests", "Interop");

    private static string EchoProto => Path.Combine(Fixtures.Repository, "tests", "DistZO.Rpc.Tests", "Protos", "echo.proto");

    /// <summary>Debian's own Python sees its packages; another one, earlier on the path, does not.</summary>
    private static string Python => File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";

    private bool IsPython => name == "grpcio";

    /// <summary>Skips the test, with the reason, if the tool is not installed.</summary>
    public async Task RequireAsync()
    {
        _missing ??= await ProbeAsync();
        Skip.If(_missing.Length > 0, _missing);
    }

    /// <summary>Starts the client against a server, or the server if there is no address. Its owner disposes it.</summary>
    public Process Start(string? address)
    {
        string program = address is null ? "server" : "client";
        string[] messages = IsPython
            ? [Descriptor(EchoReflection.Descriptor), Descriptor(Grpc.Health.V1.HealthReflection.Descriptor)]
            : [EchoProto];
        string script = Path.Combine(Folder, program + (IsPython ? ".py" : ".js"));
        return Run(IsPython ? Python : "node", [script, .. address is null ? messages : [address, .. messages]]);
    }

    public void Dispose() => _folder.Dispose();

    private static Process Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["PYTHONIOENCODING"] = "utf-8";
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        // A proxy of the environment is not for loopback.
        start.Environment["no_proxy"] = start.Environment["NO_PROXY"] = "127.0.0.1,localhost";
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { }; // read, so that the program never blocks on it
        process.BeginErrorReadLine();
        return process;
    }

    /// <summary>Empty if the tool is there; else what is missing.</summary>
    private async Task<string> ProbeAsync()
    {
        string missing = IsPython
            ? "python3-grpcio and python3-protobuf are not installed (make interop-tools)"
            : "node and @grpc/grpc-js are not installed (make interop-tools)";
        if (!IsPython && !Directory.Exists(Path.Combine(Folder, "node_modules", "@grpc", "grpc-js"))) return missing;
        try
        {
            using var probe = IsPython ? Run(Python, ["-c", "import grpc, google.protobuf"]) : Run("node", ["--version"]);
            await probe.WaitForExitAsync().InTime();
            return probe.ExitCode == 0 ? "" : missing;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return missing;
        }
    }

    private string Descriptor(FileDescriptor file)
    {
        string path = _folder[Path.GetFileName(file.Name)];
        File.WriteAllBytes(path, file.SerializedData.ToByteArray());
        return path;
    }
}
