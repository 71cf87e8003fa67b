using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DistZO.Coordinator;
using DistZO.Devices;

namespace DistZO.Cli.Commands;

/// <summary>A run at one moment, as its coordinator tells it.</summary>
internal sealed record ClusterPicture(RunStatus Status, IReadOnlyList<WorkerStatus> Workers, IReadOnlyList<RunEvent> Events);

/// <summary>
/// Asks a coordinator's REST interface. What cannot work is a <see cref="BadInputException"/>, what may work later a
/// <see cref="RunFailedException"/>, both of one line.
/// </summary>
internal sealed class StatusClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly Uri _address;

    /// <param name="url">Where the coordinator is; <c>http://</c> may be left out.</param>
    /// <param name="token">The shared token, if something before the coordinator asks for it; may be null.</param>
    /// <param name="handler">Carries the requests; owned from here on.</param>
    public StatusClient(string url, string? token, HttpMessageHandler handler)
    {
        var text = url.Contains("://", StringComparison.Ordinal) ? url : "http://" + url;
        var isAddress = Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https";
        if (!isAddress || address!.Host.Length == 0)
        {
            throw new BadInputException($"'{url}' is not the address of a coordinator; give it as http://HOST:PORT");
        }

        _address = new Uri(address.GetLeftPart(UriPartial.Authority));
        _http = new HttpClient(handler) { BaseAddress = _address, Timeout = Patience };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>The run now, with its last events.</summary>
    public async Task<ClusterPicture> Read(CancellationToken cancellation) => new(
        await Get("/v1/status", RunJson.Default.RunStatus, cancellation),
        (await Get("/v1/workers", RunJson.Default.WorkerList, cancellation)).Workers,
        (await Get("/v1/events?last=20", RunJson.Default.EventPage, cancellation)).Events);

    public void Dispose() => _http.Dispose();

    private async Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            using var response = await _http.GetAsync(path, cancellation);
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                var asksForToken = response.StatusCode == HttpStatusCode.Unauthorized;
                var refused = asksForToken ? "asks for a token; give --token-file" : "refuses this request";
                throw new BadInputException($"{_address.Authority} {refused} ({(int)response.StatusCode})");
            }

            if (response.StatusCode >= HttpStatusCode.InternalServerError)
            {
                throw new RunFailedException($"{_address.Authority} has a fault of its own ({(int)response.StatusCode}); try again");
            }

            var isJson = response.Content.Headers.ContentType?.MediaType == "application/json";
            if (!response.IsSuccessStatusCode || !isJson) throw NoCoordinator();
            return JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(cancellation), type) ?? throw NoCoordinator();
        }
        catch (JsonException)
        {
            throw NoCoordinator();
        }
        catch (HttpRequestException e)
        {
            var why = e.InnerException is SocketException socket ? socket.Message : e.InnerException?.Message ?? e.Message;
            throw new RunFailedException($"{_address.Authority} cannot be reached ({why.TrimEnd('.')}); is the coordinator running there?");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new RunFailedException($"{_address.Authority} did not answer within {Patience.TotalSeconds:0} s; try again");
        }
    }

    private BadInputException NoCoordinator() => new($"{_address.Authority} answers, but not as a DistZO coordinator; is the port right?");
}
