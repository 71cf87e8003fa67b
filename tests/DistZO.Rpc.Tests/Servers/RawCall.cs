using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using DistZO.Rpc.Framing;
using Google.Protobuf;
using Grpc.Core;

namespace DistZO.Rpc.Tests.Servers;

/// <summary>A gRPC call made by hand: any headers, and a body of any bytes, each piece in a DATA frame of its own.</summary>
internal sealed class RawCall : IDisposable
{
    private readonly HttpMessageInvoker _http = new(RpcHandler.Create());

    public List<(string Key, string Value)> Headers { get; } = [];

    public string ContentType { get; set; } = "application/grpc";

    public Version Version { get; set; } = HttpVersion.Version20;

    public HttpMethod Method { get; set; } = HttpMethod.Post;

    public byte[][] Pieces { get; set; } = [];

    /// <summary>A message with its prefix.</summary>
    public static byte[] Frame(IMessage message) => Frame(0, message.ToByteArray());

    public static byte[] Frame(byte flag, byte[] payload, int? length = null)
    {
        byte[] frame = new byte[5 + payload.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length ?? payload.Length);
        payload.CopyTo(frame, 5);
        return frame;
    }

    public static byte[][] BytewiseFrame(IMessage message) => [.. Frame(message).Select(part => new[] { part })];

    /// <summary>Sends the call and reads the whole response.</summary>
    public async Task<RawResponse> SendAsync(Uri server, string path)
    {
        using var request = new HttpRequestMessage(Method, new Uri(server, path))
        {
            Version = Version,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (Method != HttpMethod.Get)
        {
            request.Content = new PiecesContent(Pieces);
            request.Content.Headers.TryAddWithoutValidation("content-type", ContentType);
        }
        foreach (var (key, value) in Headers) Assert.True(request.Headers.TryAddWithoutValidation(key, value));
        using var response = await _http.SendAsync(request, CancellationToken.None).InTime();
        byte[] body = await response.Content.ReadAsByteArrayAsync().InTime();
        return new RawResponse(
            (int)response.StatusCode,
            response.Headers.NonValidated.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            response.TrailingHeaders.NonValidated.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
            body);
    }

    public void Dispose() => _http.Dispose();

    private sealed class PiecesContent(byte[][] pieces) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (byte[] piece in pieces)
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>What came back, names in lower case.</summary>
internal sealed record RawResponse(int Http, Dictionary<string, string> Headers, Dictionary<string, string> Trailers, byte[] Body)
{
    /// <summary>The gRPC status, wherever it stood.</summary>
    public StatusCode Status => (StatusCode)int.Parse(Field("grpc-status"), CultureInfo.InvariantCulture);

    public string Message => StatusMessage.Decode(Field("grpc-message"));

    private string Field(string name) => Trailers.TryGetValue(name, out string? value) ? value : Headers[name];
}
