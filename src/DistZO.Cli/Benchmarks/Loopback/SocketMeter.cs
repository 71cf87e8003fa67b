using System.Buffers.Binary;
using System.Net.Sockets;
using DistZO.Rpc;

namespace DistZO.Cli.Benchmarks;

/// <summary>What went over one connection, as the client's socket saw it.</summary>
/// <param name="Up">Bytes written, HTTP/2 frames and all.</param>
/// <param name="Down">Bytes read.</param>
/// <param name="Packets">TCP segments in both directions; 0 where the system does not tell.</param>
internal readonly record struct SocketCount(long Up, long Down, long Packets)
{
    public static SocketCount operator +(SocketCount a, SocketCount b) => new(a.Up + b.Up, a.Down + b.Down, a.Packets + b.Packets);

    public static SocketCount operator -(SocketCount a, SocketCount b) => new(a.Up - b.Up, a.Down - b.Down, a.Packets - b.Packets);
}

/// <summary>A worker's HTTP handler whose one connection is counted.</summary>
internal sealed class SocketMeter
{
    /// <summary>IPv4 and TCP with timestamps, as Linux sends them.</summary>
    public const int PacketHeader = 20 + 20 + 12;

    // struct tcp_info of Linux: tcpi_segs_out and tcpi_segs_in.
    private const int TcpLevel = 6, TcpInfo = 11, SegmentsOut = 136, SegmentsIn = 140, TcpInfoLength = 144;

    private Socket? _socket;
    private CountingStream? _stream;

    public SocketMeter()
    {
        Handler = RpcHandler.Create(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10));
        Handler.ConnectCallback = async (context, cancellation) =>
        {
            _socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await _socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
            return _stream = new CountingStream(new NetworkStream(_socket, ownsSocket: true));
        };
    }

    /// <summary>For a channel, which owns it.</summary>
    public SocketsHttpHandler Handler { get; }

    /// <summary>So far.</summary>
    public SocketCount Count() => _stream is null ? default : new SocketCount(_stream.Sent, _stream.Received, Packets());

    private long Packets()
    {
        if (!OperatingSystem.IsLinux()) return 0;
        var info = new byte[256];
        if (_socket!.GetRawSocketOption(TcpLevel, TcpInfo, info) < TcpInfoLength) return 0;
        return BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(SegmentsOut)) + BinaryPrimitives.ReadUInt32LittleEndian(info.AsSpan(SegmentsIn));
    }
}
