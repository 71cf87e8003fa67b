using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistZO.Coordinator.Tests;

/// <summary>A coordinator's HTTP side over a made-up run, on a real port of the loopback.</summary>
internal sealed class RunHost : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly WebApplication _app;

    private RunHost(WebApplication app, FakeRunMonitor monitor)
    {
        (_app, Monitor) = (app, monitor);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Client = new HttpClient { BaseAddress = Address, Timeout = Patience };
    }

    public FakeRunMonitor Monitor { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public static async Task<RunHost> Start(FakeRun? run = null, string? token = null, TimeProvider? time = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRunEndpoints();
        var app = builder.Build();
        var monitor = new FakeRunMonitor(run ?? FakeRunMonitor.Eventful());
        app.MapRunEndpoints(monitor, new RunEndpointOptions { Token = token, Time = time ?? TimeProvider.System });
        await app.StartAsync().WaitAsync(Patience);
        return new RunHost(app, monitor);
    }

    /// <summary>A request with headers, answered.</summary>
    public async Task<HttpResponseMessage> Send(HttpMethod method, string path, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Stops as a signal would.</summary>
    public Task Stop() => _app.StopAsync().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
