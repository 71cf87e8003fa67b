using DistZO.Rpc.Framing;

namespace Grpc.Net.Client;

/// <summary>Options of a <see cref="GrpcChannel"/>.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>
    /// Carries the calls; null for one of <see cref="DistZO.Rpc.RpcHandler.Create"/>. Certificates, proxies and keep-alive pings are set
    /// on it.
    /// </summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether the channel disposes <see cref="HttpHandler"/>. It always disposes one that it made itself.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>The most bytes of a message that is sent; null for no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>The most bytes of a message that is received, 4 MiB; null for no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = MessagePrefix.DefaultMostBytes;

    /// <summary>Whose clock deadlines are read from.</summary>
    internal TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
