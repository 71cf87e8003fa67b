using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Coordinator;

/// <summary>
/// Probes, judged by their status code. <c>/livez</c>: the process answers. <c>/readyz</c> and <c>/healthz</c>: the run has not failed;
/// one that waits for workers is ready for them. With <c>?verbose</c> each check has a line.
/// </summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, IRunMonitor monitor)
    {
        var health = routes.MapGroup("").WithTags("health");
        health.MapGet("/livez", () => TypedResults.Text("ok\n"))
            .WithSummary("200 as long as the process answers.").Produces<string>(200, "text/plain");
        foreach (var path in (string[])["/readyz", "/healthz"])
        {
            health.MapGet(path, (HttpRequest request) => Ready(monitor, request.Query.ContainsKey("verbose")))
                .WithSummary("200, or 503 once the run has failed; ?verbose says why.")
                .Produces<string>(200, "text/plain").Produces<string>(503, "text/plain");
        }
    }

    private static async Task<IResult> Ready(IRunMonitor monitor, bool verbose)
    {
        var status = await monitor.Status();
        var failed = status.State == RunState.Failed;
        var verdict = failed ? "failed" : "ok";
        var text = verbose
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"""
                [{(failed ? '-' : '+')}]run {RunWords.Of(status.State)}: {status.Message.ReplaceLineEndings(" ")}
                [+]workers {status.Workers.Active} active of {status.Workers.Connected} connected
                {verdict}

                """)
            : verdict + "\n";
        return TypedResults.Text(text, statusCode: failed ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }
}
