using Grpc.Core;

namespace DistZO.Rpc.Framing;

/// <summary>The five bytes before a message: its flag, 0 for a message that is not compressed, and its length.</summary>
internal static class MessagePrefix
{
    public const int Size = 5;

    /// <summary>The default limit of a message that comes in, in bytes: 4 MiB, as everywhere in gRPC.</summary>
    public const int DefaultMostBytes = 4 * 1024 * 1024;

    public static RpcException TooLarge(string done, long bytes, int mostBytes) =>
        new(new Status(StatusCode.ResourceExhausted, $"A message of {bytes} bytes was {done}; the limit is {mostBytes}."));
}
