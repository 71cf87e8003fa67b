using DistZO.Rpc.Framing;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace DistZO.Rpc.Server;

/// <summary>The two streams of a call and its context.</summary>
internal sealed class ServerCall<TRequest, TResponse>(
    HttpContext http, HttpServerCallContext context, Method<TRequest, TResponse> method, GrpcServiceOptions options)
    where TRequest : class
    where TResponse : class
{
    private readonly ResponseWriter<TResponse> _responses =
        new(http.Response.BodyWriter, context, method.ResponseMarshaller, options.MaxSendMessageSize);

    public HttpServerCallContext Context => context;

    public RequestReader<TRequest> Requests { get; } =
        new(http.Request.BodyReader, context, method.RequestMarshaller, options.MaxReceiveMessageSize);

    public IServerStreamWriter<TResponse> Responses => _responses;

    /// <summary>A response was begun and can't be ended: nor can the call, in an orderly way.</summary>
    public bool IsTorn => _responses.IsTorn;

    /// <summary>The only request of a call that has one. Throws <see cref="RpcException"/> if there is none, or more.</summary>
    public async Task<TRequest> ReadSingleAsync()
    {
        if (!await Requests.MoveNext(CancellationToken.None).ConfigureAwait(false)) throw Invalid("The client sent no request.");
        var request = Requests.Current;
        if (await Requests.MoveNext(CancellationToken.None).ConfigureAwait(false)) throw Invalid("The client sent more than one request.");
        return request;
    }

    /// <summary>Writes the only response of a call that has one; it leaves with the status.</summary>
    public void Respond(TResponse response)
    {
        if (response is null) throw new InvalidOperationException($"The handler of {method.FullName} returned no response.");
        context.CancellationToken.ThrowIfCancellationRequested();
        // A status other than OK goes without a response.
        if (context.Status.StatusCode == StatusCode.OK) _responses.Write(response);
    }

    private static RpcException Invalid(string detail) => new(new Status(StatusCode.Internal, detail));
}
