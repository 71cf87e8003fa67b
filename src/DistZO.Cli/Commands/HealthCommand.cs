using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using DistZO.Cli.Cluster;
using DistZO.Devices;
using DistZO.Worker;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo health</c>: whether the coordinator or worker beside it is well, for container health checks: no shell is needed.</summary>
internal static class HealthCommand
{
    /// <summary>Names the file that a worker touches.</summary>
    public const string FileVariable = "DISTZO_HEALTH_FILE";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var command = new Command("health", "exit with 0 if the coordinator at URL, or the worker with a health file, is well");
        var url = new Argument<string>("URL") { Description = "the coordinator's --http", DefaultValueFactory = _ => "http://127.0.0.1:8080" };
        var ready = new Option<bool>("--ready") { Description = "ask whether the run goes on, not only whether the process answers" };
        var file = new Option<string?>("--file") { Description = $"the worker's --health-file, instead of a URL (or {FileVariable})", HelpName = "FILE" };
        var age = new Option<double>("--max-age")
        {
            Description = $"a worker that touched it longer ago is stuck [{HealthFile.MostAge.TotalSeconds:0}]",
            HelpName = "SECONDS",
            DefaultValueFactory = _ => HealthFile.MostAge.TotalSeconds,
        };
        command.Arguments.Add(url);
        foreach (var option in new Option[] { ready, file, age }) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var output = parsed.InvocationConfiguration.Output;
            // The variable is set for both processes of a container; a URL on the command line goes before it.
            var variable = parsed.GetResult(url) is { Implicit: false } ? null : Environment.GetEnvironmentVariable(FileVariable);
            var path = parsed.GetValue(file) ?? (string.IsNullOrEmpty(variable) ? null : variable);
            output.WriteLine(path is null ? Ask(parsed.GetRequiredValue(url), parsed.GetValue(ready) ? "/readyz" : "/livez") : Look(path, parsed.GetValue(age)));
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Look(string path, double mostAge)
    {
        if (HealthFile.Age(path) is not { } age) throw new RunFailedException($"there is no '{path}'; has the worker started, with --health-file?");
        var seconds = age.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        if (age.TotalSeconds > mostAge) throw new RunFailedException($"the worker is stuck: it did not touch '{path}' for {seconds} s");
        return $"ok: {seconds} s ago";
    }

    private static string Ask(string url, string path)
    {
        var isAddress = Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";
        if (!isAddress) throw new BadInputException($"'{url}' is not an address; give it as http://HOST:PORT");
        using var handler = new SocketsHttpHandler { UseProxy = false };
        // On this machine there is nobody to be mistaken for, and its certificate is for the name that others know it by.
        if (address!.IsLoopback) handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var response = http.GetAsync(new Uri(address, path)).GetAwaiter().GetResult();
            return response.IsSuccessStatusCode ? "ok" : throw new RunFailedException($"{address.Authority} answers {(int)response.StatusCode} to {path}");
        }
        catch (HttpRequestException e)
        {
            var why = e.InnerException is SocketException socket ? socket.Message : e.Message;
            throw new RunFailedException($"{address.Authority} cannot be reached ({why.TrimEnd('.')})");
        }
        catch (OperationCanceledException)
        {
            throw new RunFailedException($"{address.Authority} did not answer within {Patience.TotalSeconds:0} s");
        }
    }
}
