using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace DistZO.Rpc.Server;

/// <summary>What the server logs. A call that its client breaks off, or that a handler refuses, is no error of the server.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Error, "The handler of {Method} threw.")]
    public static partial void HandlerThrew(ILogger log, Exception problem, string method);

    [LoggerMessage(2, LogLevel.Debug, "A call of {Method} ended with {Code}: {Detail}")]
    public static partial void CallFailed(ILogger log, string method, StatusCode code, string detail);

    [LoggerMessage(3, LogLevel.Debug, "A call of {Method} was broken off: {Reason}")]
    public static partial void CallBrokenOff(ILogger log, string method, string reason);
}
