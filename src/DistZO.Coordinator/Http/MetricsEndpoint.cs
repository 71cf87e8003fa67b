using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Coordinator;

/// <summary>A run as Prometheus scrapes it: <c>/metrics</c>. docs/rest.md lists the names.</summary>
internal static class MetricsEndpoint
{
    public static void Map(IEndpointRouteBuilder routes, IRunMonitor monitor, ScrapedMeter scraped, RunMeter? given)
    {
        var (meter, page) = scraped.Open(given);
        routes.MapGet("/metrics", async () => TypedResults.Text(Write(await RunPicture.Of(monitor), meter, page), PrometheusText.ContentType))
            .WithTags("health").WithSummary("The run and its workers in Prometheus' text format.").Produces<string>(200, "text/plain");
    }

    /// <summary>All metrics of one moment.</summary>
    public static string Write(RunPicture picture, RunMeter meter, MeterPage page)
    {
        meter.Show(picture);
        return page.Write();
    }
}
