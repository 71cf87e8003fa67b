using DistZO.Rpc.Tests.Protos;
using Grpc.Core;

namespace DistZO.Rpc.Tests.Servers;

/// <summary>The test service. Each method does what its test says; by default it echoes.</summary>
internal sealed class ScriptedService : EchoService.EchoServiceBase
{
    public Func<EchoMessage, ServerCallContext, Task<EchoMessage>> OnUnary { get; set; } = (request, _) => Task.FromResult(request);

    /// <summary>By default: the texts, joined, and how many there were.</summary>
    public Func<IAsyncStreamReader<EchoMessage>, ServerCallContext, Task<EchoMessage>> OnClientStream { get; set; } = async (requests, _) =>
    {
        var sum = new EchoMessage();
        await foreach (var request in requests.ReadAllAsync())
        {
            sum.Text += request.Text;
            sum.Number++;
        }
        return sum;
    };

    /// <summary>By default: the request, as often as its number says.</summary>
    public Func<EchoMessage, IServerStreamWriter<EchoMessage>, ServerCallContext, Task> OnServerStream { get; set; } =
        async (request, responses, _) =>
        {
            for (long number = 0; number < request.Number; number++)
                await responses.WriteAsync(new EchoMessage(request) { Number = number });
        };

    public Func<IAsyncStreamReader<EchoMessage>, IServerStreamWriter<EchoMessage>, ServerCallContext, Task> OnDuplex { get; set; } =
        async (requests, responses, _) =>
        {
            while (await requests.MoveNext()) await responses.WriteAsync(requests.Current);
        };

    public override Task<EchoMessage> Unary(EchoMessage request, ServerCallContext context) => OnUnary(request, context);

    public override Task<EchoMessage> ClientStream(IAsyncStreamReader<EchoMessage> requestStream, ServerCallContext context) =>
        OnClientStream(requestStream, context);

    public override Task ServerStream(EchoMessage request, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context) =>
        OnServerStream(request, responseStream, context);

    public override Task Duplex(
        IAsyncStreamReader<EchoMessage> requestStream, IServerStreamWriter<EchoMessage> responseStream, ServerCallContext context) =>
        OnDuplex(requestStream, responseStream, context);
}
