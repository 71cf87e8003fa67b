using System.Net.Http.Headers;

namespace DistZO.Cli.Telemetry;

/// <summary>Carries what is exported, and says in one line that nobody takes it, and in another that somebody does again.</summary>
internal sealed class ExportWatch(Action<bool, string> tell) : DelegatingHandler(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) })
{
    private readonly Lock _gate = new();
    private bool _isAway;

    /// <summary>Whether the last export failed.</summary>
    public bool IsAway => Volatile.Read(ref _isAway);

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = base.Send(request, cancellationToken);
            if (IsGrpc(response)) response.Content.LoadIntoBufferAsync(cancellationToken).GetAwaiter().GetResult();
            return Judged(request, response);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            Failed(request, e.Message);
            throw;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (IsGrpc(response)) await response.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
            return Judged(request, response);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            Failed(request, e.Message);
            throw;
        }
    }

    private HttpResponseMessage Judged(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (!response.IsSuccessStatusCode)
        {
            Failed(request, $"it answers {(int)response.StatusCode}");
            return response;
        }

        if (IsGrpc(response) && GrpcStatus(response) is var status and not "0")
        {
            Failed(request, $"it answers grpc-status {status ?? "nothing"}");
            return response;
        }

        lock (_gate)
        {
            if (!_isAway) return response;
            _isAway = false;
        }

        tell(true, $"{Address(request)} takes spans and metrics again");
        return response;
    }

    private void Failed(HttpRequestMessage request, string why)
    {
        lock (_gate)
        {
            if (_isAway) return;
            _isAway = true;
        }

        tell(false, $"{Address(request)} takes no spans and metrics ({why.TrimEnd('.')}); they are dropped, and the run goes on");
    }

    private static bool IsGrpc(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;

    /// <summary>What a gRPC call came to, which HTTP's own status does not say. Trailers are there once the content has been read.</summary>
    private static string? GrpcStatus(HttpResponseMessage response)
    {
        foreach (var headers in new HttpHeaders[] { response.TrailingHeaders, response.Headers })
        {
            if (headers.TryGetValues("grpc-status", out var values)) return values.First();
        }

        return null;
    }

    private static string Address(HttpRequestMessage request) => request.RequestUri!.GetLeftPart(UriPartial.Authority);
}
