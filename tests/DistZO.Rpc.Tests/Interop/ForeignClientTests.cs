using DistZO.Rpc.Health;
using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace DistZO.Rpc.Tests.Interop;

/// <summary>Clients that others wrote call our server: each runs once, through all cases.</summary>
public sealed class ForeignClientTests(ForeignClientTests.Runs runs) : IClassFixture<ForeignClientTests.Runs>
{
    private static readonly string[] Tools = ["grpcio", "grpc-js"];

    private static readonly string[] CaseNames =
    [
        "unary", "empty", "large", "client_stream", "server_stream", "duplex", "status", "unknown_method", "metadata", "deadline", "cancel",
        "gzip", "health",
    ];

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (string tool in Tools)
            {
                foreach (string name in CaseNames) cases.Add(tool, name);
            }
            return cases;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task Server_CalledByAnotherClient_IsUnderstood(string tool, string name)
    {
        var results = await runs.OfAsync(tool);
        Assert.Equal("ok", results.GetValueOrDefault(name, "the client did not come to this case"));
    }

    /// <summary>What each client said of each case.</summary>
    public sealed class Runs
    {
        private readonly Dictionary<string, Dictionary<string, string>> _results = [];

        internal async Task<Dictionary<string, string>> OfAsync(string name)
        {
            if (_results.TryGetValue(name, out var known)) return known;
            using var tool = new ForeignTool(name);
            await tool.RequireAsync();
            return _results[name] = await RunAsync(tool);
        }

        private static async Task<Dictionary<string, string>> RunAsync(ForeignTool tool)
        {
            var health = new HealthService();
            health.SetStatus("", ServingStatus.Serving);
            await using var server = await TestServer.StartAsync(
                services: services => services.AddSingleton(health), map: app => app.MapGrpcService<HealthService>());
            var (waits, cancelled) = Script(server.Service);
            using var client = tool.Start(server.Address.Authority);
            string output = await client.StandardOutput.ReadToEndAsync().InTime();
            await client.WaitForExitAsync().InTime();
            var results = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ', 2)).ToDictionary(parts => parts[0], parts => parts[1]);
            // A client that cancels must reach the handler.
            if (waits.Task.IsCompleted) await cancelled.Task.InTime();
            return results;
        }

        /// <summary>What the programs in this folder ask for, by the text of their requests.</summary>
        private static (TaskCompletionSource Waits, TaskCompletionSource Cancelled) Script(ScriptedService service)
        {
            var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            service.OnUnary = async (request, context) =>
            {
                switch (request.Text)
                {
                    case "fail":
                        throw new RpcException(new Status(StatusCode.FailedPrecondition, "Größe 50 %: 大 😀"), [new("reason", "so")]);
                    case "metadata":
                        Metadata received = [.. context.RequestHeaders.Where(entry => entry.Key.StartsWith("x-"))];
                        foreach (var entry in received) context.ResponseTrailers.Add(entry);
                        await context.WriteResponseHeadersAsync(received);
                        break;
                    case "wait":
                        await Task.Delay(Timeout.Infinite, context.CancellationToken);
                        break;
                    case "wait, then say so":
                        using (context.CancellationToken.Register(cancelled.SetResult))
                        {
                            waits.SetResult();
                            await cancelled.Task;
                        }
                        break;
                }
                return request;
            };
            var stream = service.OnServerStream;
            service.OnServerStream = async (request, responses, context) =>
            {
                if (request.Text == "when it waits") await waits.Task;
                await stream(request, responses, context);
            };
            return (waits, cancelled);
        }
    }
}
