using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Coordinator;

/// <summary>A run as Prometheus scrapes it: <c>/metrics</c>. docs/rest.md lists the names.</summary>
internal static class MetricsEndpoint
{
    private static readonly string Version =
        typeof(MetricsEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    public static void Map(IEndpointRouteBuilder routes, IRunMonitor monitor) => routes
        .MapGet("/metrics", async () => TypedResults.Text(Write(await monitor.Status(), await monitor.Workers()), PrometheusText.ContentType))
        .WithTags("health").WithSummary("The run and its workers in Prometheus' text format.").Produces<string>(200, "text/plain");

    /// <summary>All metrics of one moment.</summary>
    public static string Write(RunStatus status, IReadOnlyList<WorkerStatus> workers)
    {
        var text = new PrometheusText();
        text.Family("distzo_build_info", "The program.", "gauge", [([("version", Version)], 1)]);
        text.Family("distzo_run_info", "The run.", "gauge",
            [([("run", status.Run ?? ""), ("incarnation", status.Incarnation), ("parallelism", status.Parallelism)], 1)]);
        text.Family("distzo_run_state", "1 for the state that the run is in.", "gauge",
            Enum.GetValues<RunState>().Select(state => (Label("state", RunWords.Of(state)), (double?)(state == status.State ? 1 : 0))));
        Steps(text, status);
        text.Gauge("distzo_generation", "Grows with every change of membership.", status.Generation);
        text.Gauge("distzo_parameters", "Trained weights.", status.Parameters);
        text.Gauge("distzo_weights_bytes", "What the trained weights take in memory.", status.Wire.WeightsBytes);
        text.Family("distzo_wire_bytes_total", "Payload from (up) and to (down) all workers.", "counter",
            [(Label("direction", "up"), status.Wire.BytesUp), (Label("direction", "down"), status.Wire.BytesDown)]);
        text.Family("distzo_wire_step_bytes", "Payload of one worker and step, of late.", "gauge",
            [(Label("direction", "up"), status.Wire.BytesUpPerStep), (Label("direction", "down"), status.Wire.BytesDownPerStep)]);
        text.Gauge("distzo_digest_agreed_step", "The last step at which the weights of all workers agreed.", status.Digests.AgreedStep);
        text.Gauge("distzo_suspect_ranges", "Ranges of steps whose losses may come from wrong weights.", status.Digests.Suspect.Count);
        Evaluation(text, "distzo_evaluation", "the last evaluation", status.Evaluation);
        Evaluation(text, "distzo_best_evaluation", "the best evaluation so far", status.Best);
        WorkerMetrics.Write(text, workers);
        return text.ToString();
    }

    private static void Steps(PrometheusText text, RunStatus status)
    {
        text.Counter("distzo_steps_total", "Steps committed.", status.Step);
        text.Gauge("distzo_max_steps", "Steps of the whole run.", status.MaxSteps);
        text.Counter("distzo_skipped_steps_total", "Steps skipped for a loss that was not finite.", status.SkippedSteps);
        text.Gauge("distzo_loss", "Loss of the last step.", status.Loss);
        text.Gauge("distzo_smoothed_loss", "Loss, smoothed over the last steps.", status.SmoothedLoss);
        text.Gauge("distzo_learning_rate", "Learning rate of the last step.", status.LearningRate);
        text.Gauge("distzo_projected_gradient", "Projected gradient of the last step.", status.ProjectedGradient);
        text.Gauge("distzo_step_duration_seconds", "Mean time of the last steps.", status.StepSeconds);
        text.Gauge("distzo_tokens_per_second", "Tokens read a second, of late.", status.TokensPerSecond);
        text.Gauge("distzo_scoring_seconds", "Seconds of the last step that scoring what the model wrote took, all ranks together.", status.ScoringSeconds);
        text.Gauge("distzo_elapsed_seconds", "Since this coordinator began.", status.ElapsedSeconds);
        text.Gauge("distzo_remaining_seconds", "To the last step, at the speed of late.", status.RemainingSeconds);
    }

    private static void Evaluation(PrometheusText text, string name, string what, EvaluationStatus? evaluation)
    {
        if (evaluation is null) return;
        text.Gauge(name + "_step", $"Steps committed at {what}.", evaluation.Step);
        text.Family(name, $"Metrics of {what}.", "gauge",
            evaluation.Metrics.Select(metric => (Label("metric", metric.Key), (double?)metric.Value)));
    }

    private static (string Name, string Value)[] Label(string name, string value) => [(name, value)];
}
