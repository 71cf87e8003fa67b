using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>Makes the calls of a channel.</summary>
internal sealed class HttpCallInvoker(GrpcChannel channel) : CallInvoker
{
    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var (call, responses) = Send(method, host, options, request);
        return new(responses.ReadSingleAsync(), call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        var (call, responses) = Send(method, host, options, request);
        return new(responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests, responses) = Stream(method, host, options);
        return new(requests, responses.ReadSingleAsync(), call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        var (call, requests, responses) = Stream(method, host, options);
        return new(requests, responses, call.Headers, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private (ClientCall Call, ResponseStream<TResponse> Responses) Send<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        ArgumentNullException.ThrowIfNull(request);
        CheckHost(host);
        var call = new ClientCall(channel, options, abandoned: null);
        // A request that can't be sent is a failure of the call, too.
        var opened = call.SendAsync(
            method, () => SingleRequestContent.Of(request, method.RequestMarshaller, channel.Options.MaxSendMessageSize));
        return (call, new ResponseStream<TResponse>(call, opened, method.ResponseMarshaller));
    }

    private (ClientCall Call, RequestStream<TRequest> Requests, ResponseStream<TResponse> Responses) Stream<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
        where TRequest : class
        where TResponse : class
    {
        CheckHost(host);
        var content = new StreamedRequestContent();
        var call = new ClientCall(channel, options, content.Abandon);
        var requests = new RequestStream<TRequest>(call, content, method.RequestMarshaller, channel.Options.MaxSendMessageSize)
        {
            WriteOptions = options.WriteOptions,
        };
        return (call, requests, new ResponseStream<TResponse>(call, call.SendAsync(method, () => content), method.ResponseMarshaller));
    }

    private static void CheckHost(string? host)
    {
        if (host is not null) throw new NotSupportedException("A call goes to the host of its channel.");
    }
}
