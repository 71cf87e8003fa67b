namespace DistZO.Rpc;

/// <summary>HTTP handlers for gRPC channels.</summary>
public static class RpcHandler
{
    /// <summary>
    /// A handler for one server: HTTP/2 connections that stay, more of them when one has all the streams it may have, and no headers
    /// beside those of gRPC (no tracing, no cookies), no proxy, no redirects. It dials for 10 s at most. With a keep-alive delay, a
    /// connection on which nothing came for so long is pinged, and given up if the answer takes longer than the timeout (20 s);
    /// null for no pings. The caller owns it and may change it before its first call: <c>SslOptions</c> for certificates.
    /// </summary>
    public static SocketsHttpHandler Create(TimeSpan? keepAlivePingDelay = null, TimeSpan? keepAlivePingTimeout = null) => new()
    {
        EnableMultipleHttp2Connections = true,
        PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        KeepAlivePingDelay = keepAlivePingDelay ?? Timeout.InfiniteTimeSpan,
        KeepAlivePingTimeout = keepAlivePingTimeout ?? TimeSpan.FromSeconds(20),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        ActivityHeadersPropagator = null,
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
    };
}
