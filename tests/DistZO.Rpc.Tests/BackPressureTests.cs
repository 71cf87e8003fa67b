using DistZO.Rpc.Tests.Protos;
using DistZO.Rpc.Tests.Servers;
using Google.Protobuf;
using Grpc.Core;

namespace DistZO.Rpc.Tests;

/// <summary>Who writes faster than the other end reads must wait: nothing is kept without bound.</summary>
public class BackPressureTests
{
    private const int Messages = 1000;
    private const long MostBytesUnderway = 8 * 1024 * 1024; // of 64 MB: HTTP/2's windows, and the buffers of two sockets

    private static readonly EchoMessage Large = new() { Data = ByteString.CopyFrom(new byte[64 * 1024]) };

    [Fact]
    public async Task Server_ClientDoesNotRead_WaitsAndLosesNothing()
    {
        await using var server = await TestServer.StartAsync();
        long written = 0;
        server.Service.OnServerStream = async (_, responses, _) =>
        {
            for (int number = 0; number < Messages; number++)
            {
                await responses.WriteAsync(Large);
                Interlocked.Increment(ref written);
            }
        };
        using var call = server.Client.ServerStream(new EchoMessage());
        Assert.True(await call.ResponseStream.MoveNext().InTime());
        await LetTimePassAsync(server);
        Assert.InRange(Interlocked.Read(ref written) * Large.Data.Length, 1, MostBytesUnderway);

        int read = 1;
        while (await call.ResponseStream.MoveNext().InTime()) read++;
        Assert.Equal(Messages, read);
    }

    [Fact]
    public async Task Client_ServerDoesNotRead_WaitsAndLosesNothing()
    {
        await using var server = await TestServer.StartAsync();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var echo = server.Service.OnClientStream;
        server.Service.OnClientStream = async (requests, context) =>
        {
            await go.Task;
            return await echo(requests, context);
        };
        using var call = server.Client.ClientStream();
        long written = 0;
        var writing = Task.Run(async () =>
        {
            for (int number = 0; number < Messages; number++)
            {
                await call.RequestStream.WriteAsync(Large);
                Interlocked.Increment(ref written);
            }
            await call.RequestStream.CompleteAsync();
        });
        await LetTimePassAsync(server);
        Assert.InRange(Interlocked.Read(ref written) * Large.Data.Length, 0, MostBytesUnderway);
        go.SetResult();
        await writing.InTime();
        Assert.Equal(Messages, (await call.ResponseAsync.InTime()).Number);
    }

    /// <summary>Many round trips on the same connection: the other call had all the time it needs to write everything.</summary>
    private static async Task LetTimePassAsync(TestServer server)
    {
        for (int trip = 0; trip < 500; trip++) await server.Client.UnaryAsync(new EchoMessage()).ResponseAsync.InTime();
    }
}
