using System.Net;
using System.Net.Sockets;

namespace DistZO.Rpc.Tests.Servers;

/// <summary>
/// Stands between a client and a server, until it loses every byte without closing a connection: a host that lost its power.
/// </summary>
internal sealed class SilentProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<Socket> _sockets = [];
    private volatile bool _silent;

    public SilentProxy(Uri server)
    {
        _listener.Start();
        _ = AcceptAsync(server.Port);
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    public void FallSilent() => _silent = true;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_sockets) _sockets.ForEach(socket => socket.Dispose());
    }

    private async Task AcceptAsync(int port)
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync();
                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(IPAddress.Loopback, port);
                lock (_sockets) _sockets.AddRange([client, server]);
                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int read; (read = await from.ReceiveAsync(buffer)) > 0;)
            {
                if (!_silent) await to.SendAsync(buffer.AsMemory(0, read));
            }
            if (!_silent) to.Shutdown(SocketShutdown.Both);
        }
        catch (Exception over) when (over is SocketException or ObjectDisposedException)
        {
        }
    }
}
