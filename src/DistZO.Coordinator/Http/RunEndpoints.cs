using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace DistZO.Coordinator;

/// <summary>The coordinator over HTTP: status, steps, workers, a stream of what changes, pause and stop, metrics, and the dashboard.</summary>
public static class RunEndpoints
{
    /// <summary>Registers what <see cref="MapRunEndpoints"/> needs: JSON, problem details, the OpenAPI document.</summary>
    public static IServiceCollection AddRunEndpoints(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options =>
        {
            var json = options.SerializerOptions;
            json.PropertyNamingPolicy = RunJson.Default.Options.PropertyNamingPolicy;
            json.DefaultIgnoreCondition = RunJson.Default.Options.DefaultIgnoreCondition;
            // Names of workers may hold markup: escaped, it is none even where somebody pastes the answer into a page.
            json.Encoder = JavaScriptEncoder.Default;
            json.NumberHandling = RunJson.Default.Options.NumberHandling;
            foreach (var converter in RunJson.Default.Options.Converters) json.Converters.Add(converter);
            json.TypeInfoResolverChain.Insert(0, RunJson.Default);
        });
        services.AddProblemDetails();
        services.AddSingleton<ScrapedMeter>();
        services.AddOpenApi("v1", RunOpenApi.Configure);
        return services;
    }

    /// <summary>
    /// Maps the dashboard at <c>/</c>, <c>/v1/…</c>, <c>/openapi/v1.json</c>, <c>/metrics</c>, <c>/livez</c>, <c>/readyz</c> and
    /// <c>/healthz</c>. Needs <see cref="AddRunEndpoints"/> and routing, no middleware of its own.
    /// </summary>
    /// <param name="routes">The application.</param>
    /// <param name="monitor">The run.</param>
    /// <param name="options">Token and clock.</param>
    public static IEndpointConventionBuilder MapRunEndpoints(
        this IEndpointRouteBuilder routes, IRunMonitor monitor, RunEndpointOptions options)
    {
        var guard = new RequestGuard(options.Token, options.AnyHost);
        var stopping = routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        var all = routes.MapGroup("");
        RunQueries.Map(all, monitor);
        all.MapRunStream(new RunStream(monitor, options.Time, stopping));
        RunCommands.Map(all, monitor, guard);
        HealthEndpoints.Map(all, monitor);
        MetricsEndpoint.Map(all, monitor, routes.ServiceProvider.GetRequiredService<ScrapedMeter>(), options.Meter);
        DashboardPage.Map(all);
        all.MapOpenApi("/openapi/{documentName}.json");
        // Around the whole endpoint rather than as a filter, which requests with wrong parameters would not reach.
        ((IEndpointConventionBuilder)all).Add(endpoint =>
        {
            var inner = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => Guarded(context, guard, inner);
        });
        return all;
    }

    private static Task Guarded(HttpContext context, RequestGuard guard, RequestDelegate inner)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        return guard.Check(context.Request) is { } problem ? problem.ToResult().ExecuteAsync(context) : inner(context);
    }
}
