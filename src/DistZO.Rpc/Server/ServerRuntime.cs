using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DistZO.Rpc.Server;

/// <summary>What all methods of a server share.</summary>
internal sealed class ServerRuntime(IOptions<GrpcServiceOptions> options, TimeProvider time, ILoggerFactory loggers)
{
    public GrpcServiceOptions Options { get; } = options.Value;

    public TimeProvider Time { get; } = time;

    public ILogger Log { get; } = loggers.CreateLogger("DistZO.Rpc.Server");

    /// <summary>Unknown services are answered, once, beside the first service that is mapped.</summary>
    public bool UnknownServicesMapped { get; set; }
}
