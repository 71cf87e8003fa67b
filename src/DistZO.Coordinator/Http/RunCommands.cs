using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Coordinator;

/// <summary>The changing calls of <c>/v1</c>. Each may be sent again; each answers with the status after it.</summary>
internal static class RunCommands
{
    public static void Map(IEndpointRouteBuilder routes, IRunMonitor monitor, RequestGuard guard)
    {
        Map("pause", "No new step begins; shares that are out come in.", monitor.Pause);
        Map("resume", "Goes on after a pause.", monitor.Resume);
        Map("stop", "Ends the run after the step in flight; the same run may be gone on with later.", monitor.Stop);

        void Map(string name, string summary, Func<Task> command) => routes
            .MapPost($"/v1/{name}", (HttpRequest request) => Run(request, name, command, monitor, guard))
            .WithTags("control").WithName(name).WithSummary(summary).WithToken().ProducesProblem(409);
    }

    private static async Task<Results<Ok<RunStatus>, ProblemHttpResult>> Run(
        HttpRequest request, string name, Func<Task> command, IRunMonitor monitor, RequestGuard guard)
    {
        if (guard.CheckChange(request) is { } problem) return problem.ToResult();
        var status = await monitor.Status();
        if (status.State is RunState.Finished or RunState.Failed)
        {
            var over = status.State == RunState.Finished ? "finished" : "failed";
            return new Problem(StatusCodes.Status409Conflict, $"the run has {over}", $"There is nothing left to {name}.").ToResult();
        }

        await command();
        return TypedResults.Ok(await monitor.Status());
    }
}
