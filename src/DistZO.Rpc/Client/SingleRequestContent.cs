using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using DistZO.Rpc.Framing;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>The body of a call with one request. It may be sent again, if the server didn't look at the first one.</summary>
internal sealed class SingleRequestContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _message;

    private SingleRequestContent(ReadOnlyMemory<byte> message)
    {
        _message = message;
        Headers.ContentType = new MediaTypeHeaderValue(WireNames.ContentType);
    }

    /// <summary>Writes the request into a buffer of its own. Throws <see cref="RpcException"/> for one that can't be sent.</summary>
    public static SingleRequestContent Of<T>(T request, Marshaller<T> marshaller, int? mostBytes)
        where T : class
    {
        var buffer = new ArrayBufferWriter<byte>();
        new MessageWriter<T>(marshaller, mostBytes).Write(request, buffer);
        return new SingleRequestContent(buffer.WrittenMemory);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_message, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = 0; // gRPC sends no content-length
        return false;
    }
}
