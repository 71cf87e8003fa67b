using DistZO.Rpc.Framing;

namespace Grpc.AspNetCore.Server;

/// <summary>Options of all services of a server.</summary>
public class GrpcServiceOptions
{
    /// <summary>The most bytes of a message that is sent; null for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The most bytes of a message that is received, 4 MiB; null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = MessagePrefix.DefaultMostBytes;
}
