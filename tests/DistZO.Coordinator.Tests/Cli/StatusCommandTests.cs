using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using DistZO.Cli;
using DistZO.Cli.Commands;
using DistZO.Devices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace DistZO.Coordinator.Tests;

public sealed class StatusCommandTests
{
    [Fact]
    public async Task Status_OfARun_PrintsIt()
    {
        await using var host = await RunHost.Start();
        var (code, text) = await Run(host.Address.ToString());
        Assert.Equal(ExitCodes.Done, code);
        Assert.StartsWith("training  models/opt-125m", text, StringComparison.Ordinal);
        Assert.Contains("atlas", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public async Task Status_WithoutAScheme_IsAskedOverHttp()
    {
        await using var host = await RunHost.Start(token: "any");
        var (code, _) = await Run($"localhost:{host.Address.Port}");
        Assert.Equal(ExitCodes.Done, code);
    }

    [Fact]
    public async Task Status_AsJson_IsOneLineOfStatusWorkersAndEvents()
    {
        await using var host = await RunHost.Start();
        var (_, text) = await Run(host.Address.ToString(), "--json");
        Assert.Single(text.TrimEnd('\n').Split('\n'));
        using var json = JsonDocument.Parse(text);
        Assert.Equal(11_482, json.RootElement.GetProperty("status").GetProperty("step").GetInt64());
        Assert.Equal("atlas", json.RootElement.GetProperty("workers")[0].GetProperty("name").GetString());
        Assert.Equal(20, json.RootElement.GetProperty("events").GetArrayLength());
    }

    [Theory]
    [InlineData("ftp://host")]
    [InlineData("http://")]
    [InlineData("not an address")]
    public async Task Status_OfNoAddress_SaysWhatOneIs(string url)
    {
        var e = await Assert.ThrowsAsync<BadInputException>(() => Run(url));
        Assert.Contains("http://HOST:PORT", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_OfAPortWhereNobodyListens_SaysSoInOneLine()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = listener.LocalEndpoint.ToString()!;
        listener.Stop();
        var e = await Assert.ThrowsAsync<RunFailedException>(() => Run(address));
        Assert.Equal($"{address} cannot be reached (Connection refused); is the coordinator running there?", e.Message);
    }

    [Theory]
    [InlineData(404, "text/plain", "?", "not as a DistZO coordinator")]
    [InlineData(200, "text/html", "<html>", "not as a DistZO coordinator")]
    [InlineData(200, "application/json", "{\"a\":1}", "not as a DistZO coordinator")]
    [InlineData(200, "application/json", "[", "not as a DistZO coordinator")]
    [InlineData(401, "text/plain", "", "--token-file")]
    public async Task Status_OfAnotherServer_SaysWhatIsWrong(int status, string type, string body, string expected)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = type;
            return context.Response.WriteAsync(body);
        });
        await app.StartAsync().WaitAsync(RunHost.Patience);
        var e = await Assert.ThrowsAsync<BadInputException>(() => Run(app.Urls.First()));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task Status_WithATokenFileThatIsMissingOrEmpty_SaysSo()
    {
        using var folder = new TemporaryFolder();
        await Assert.ThrowsAsync<BadInputException>(() => Run("localhost:1", "--token-file", folder["none"]));
        await File.WriteAllTextAsync(folder["empty"], "\n");
        await Assert.ThrowsAsync<BadInputException>(() => Run("localhost:1", "--token-file", folder["empty"]));
    }

    [Fact]
    public async Task Watch_OfARun_ShowsItAgainUntilItEnds()
    {
        await using var host = await RunHost.Start();
        var time = new FakeTimeProvider();
        var steps = new List<long>();
        using var client = new StatusClient(host.Address.ToString(), token: null, new SocketsHttpHandler());
        var watching = new StatusWatch(client, Show, TextWriter.Null, time).Run(CancellationToken.None).WaitAsync(RunHost.Patience);
        while (!watching.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await watching;
        Assert.Equal([11_482, 11_483, 20_000], steps);

        void Show(ClusterPicture picture)
        {
            steps.Add(picture.Status.Step);
            host.Monitor.Change(run => (run.Step, run.State) = steps.Count == 1 ? (11_483, RunState.Training) : (20_000, RunState.Finished));
        }
    }

    [Fact]
    public async Task Watch_WhenCancelled_Returns()
    {
        await using var host = await RunHost.Start();
        using var end = new CancellationTokenSource();
        using var client = new StatusClient(host.Address.ToString(), token: null, new SocketsHttpHandler());
        await new StatusWatch(client, _ => end.Cancel(), TextWriter.Null, new FakeTimeProvider()).Run(end.Token).WaitAsync(RunHost.Patience);
    }

    [Fact]
    public async Task Screen_OnALog_PutsPicturesBelowEachOther()
    {
        var monitor = new FakeRunMonitor(FakeScenes.Of("one"));
        var output = new StringWriter();
        var screen = new StatusScreen(output, over: false, colour: false);
        var picture = new ClusterPicture(await monitor.Status(), await monitor.Workers(), []);
        screen.Show(picture);
        screen.Show(picture);
        var parts = output.ToString().Split(Environment.NewLine + Environment.NewLine + "training");
        Assert.Equal(2, parts.Length);
    }

    private static async Task<(int Code, string Output)> Run(params string[] arguments)
    {
        var output = new StringWriter();
        var parsed = StatusCommand.Create().Parse(arguments);
        Assert.Empty(parsed.Errors);
        var code = await Task.Run(() => parsed.Invoke(new InvocationConfiguration
        {
            Output = output,
            Error = output,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        })).WaitAsync(RunHost.Patience);
        return (code, output.ToString());
    }
}
