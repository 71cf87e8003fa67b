using System.CommandLine;
using System.Text.Json;
using DistZO.Cli.Cluster;
using DistZO.Cli.Terminal;
using DistZO.Coordinator;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary><c>distzo status URL</c>: what a run on many machines is doing, in a terminal.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "show what a coordinator's run is doing");
        var url = new Argument<string>("URL") { Description = "where the coordinator is, such as http://localhost:8080" };
        var watch = new Option<bool>("--watch") { Description = "show it again every second, until the run ends or Ctrl-C" };
        var json = new Option<bool>("--json") { Description = "print one line of JSON; with --watch, one a second" };
        command.Arguments.Add(url);
        command.Options.Add(watch);
        command.Options.Add(json);
        var security = new SecurityOptions(command, isServer: false);
        command.SetAction(parsed =>
        {
            using var signals = new StopSignals();
            using var client = new StatusClient(parsed.GetRequiredValue(url), security.Token(parsed), security.Handler(parsed, out _));
            var output = parsed.InvocationConfiguration.Output;
            var live = output == Console.Out && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb";
            var colour = live && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
            Action<ClusterPicture> show = parsed.GetValue(json)
                ? picture => output.WriteLine(Json(picture))
                : new StatusScreen(output, live && parsed.GetValue(watch), colour).Show;
            var watching = new StatusWatch(client, show, parsed.InvocationConfiguration.Error, TimeProvider.System);
            if (parsed.GetValue(watch)) watching.Run(signals.Token).GetAwaiter().GetResult();
            else show(client.Read(signals.Token).GetAwaiter().GetResult());
            return ExitCodes.Done;
        });
        return command;
    }

    private static string Json(ClusterPicture picture) => MetricsLine.Write(json =>
    {
        json.WritePropertyName("status");
        JsonSerializer.Serialize(json, picture.Status, RunJson.Default.RunStatus);
        json.WritePropertyName("workers");
        JsonSerializer.Serialize(json, picture.Workers, RunJson.Default.IReadOnlyListWorkerStatus);
        json.WritePropertyName("events");
        JsonSerializer.Serialize(json, picture.Events, RunJson.Default.IReadOnlyListRunEvent);
    });
}
