using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Coordinator;

/// <summary>The reading calls of <c>/v1</c>.</summary>
internal static class RunQueries
{
    private const int MostSteps = 10_000;

    private static readonly QueryNumber From = new("from", 0, 0, long.MaxValue, "the first one wanted");
    private static readonly QueryNumber Limit = new("limit", 1000, 1, MostSteps, "how many at most");
    private static readonly QueryNumber Every = new("every", 1, 1, int.MaxValue, "only every so many steps, counted from 'from'");
    private static readonly QueryNumber Last = new("last", null, 1, MostSteps, "only the last so many");

    public static void Map(IEndpointRouteBuilder routes, IRunMonitor monitor)
    {
        var run = routes.MapGroup("/v1").WithTags("run");
        run.MapGet("/status", async () => TypedResults.Ok(await monitor.Status()))
            .WithName("status").WithSummary("The run at this moment.");
        run.MapGet("/workers", async () => TypedResults.Ok(new WorkerList(await monitor.Workers())))
            .WithName("workers").WithSummary("The workers that are connected, then those that left of late.");
        run.MapGet("/recipe", () => TypedResults.Text(monitor.Recipe.ToJson(), "application/json"))
            .Produces<JsonObject>().WithName("recipe").WithSummary("The recipe: all keys that have a value.");
        run.MapGet("/steps", (string? from, string? limit, string? every, string? directions) =>
                Steps(monitor, from, limit, every, directions))
            .WithNumbers(From, Limit, Every).WithFlag("directions", "false leaves the directions out: enough for a curve, and shorter").WithName("steps").WithSummary("Committed steps, a page at a time.");
        run.MapGet("/evaluations", async () => TypedResults.Ok(new EvaluationList(await monitor.Evaluations())))
            .WithName("evaluations").WithSummary("All evaluations, in order.");
        run.MapGet("/events", (string? from, string? last) => Events(monitor, from, last))
            .WithNumbers(From, Last).WithName("events").WithSummary("What happened, as far as it is remembered.");
    }

    private static async Task<Results<Ok<StepPage>, ProblemHttpResult>> Steps(
        IRunMonitor monitor, string? from, string? limit, string? every, string? directions)
    {
        if (directions is not (null or "" or "true" or "false"))
        {
            return Problem.BadParameter("'directions' is neither true nor false", "Give directions=false to leave them out.").ToResult();
        }

        if (!From.TryRead(from, out var first, out var problem)
            || !Limit.TryRead(limit, out var most, out problem)
            || !Every.TryRead(every, out var stride, out problem))
        {
            return problem!.ToResult();
        }

        var steps = await monitor.Steps(first!.Value, (int)most!.Value, (int)stride!.Value);
        var committed = (await monitor.Status()).Step;
        var next = steps is [.., var last] && last.Step + stride < committed ? last.Step + stride : null;
        if (directions == "false") steps = [.. steps.Select(step => step with { Directions = [] })];
        return TypedResults.Ok(new StepPage(steps, next));
    }

    private static async Task<Results<Ok<EventPage>, ProblemHttpResult>> Events(IRunMonitor monitor, string? from, string? last)
    {
        if (!From.TryRead(from, out var first, out var problem) || !Last.TryRead(last, out var most, out problem)) return problem!.ToResult();
        var events = await monitor.Events(first!.Value);
        var next = events is [.., var newest] ? newest.Number + 1 : first.Value;
        return TypedResults.Ok(new EventPage(most is { } count ? [.. events.TakeLast((int)count)] : events, next));
    }
}
