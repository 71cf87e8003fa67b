using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary>The one line of <c>--json</c>.</summary>
internal static class ResultLine
{
    /// <summary>How a run ended.</summary>
    public static string Of(RunResult result, ChainHash? chain) => MetricsLine.Write(json =>
    {
        json.WriteString("outcome", result.Outcome.Name());
        json.WriteNumber("steps", result.Steps);
        json.WriteString("chain", chain?.ToString());
        json.WriteString("output", result.Output);
        foreach (var (name, evaluation) in new[] { ("before", result.Before), ("after", result.After) })
        {
            if (evaluation is null) continue;
            json.WriteStartObject(name);
            json.WriteNumber("step", evaluation.Step);
            foreach (var (metric, value) in evaluation.Values)
            {
                if (double.IsFinite(value)) json.WriteNumber(metric, value);
                else json.WriteNull(metric);
            }

            json.WriteEndObject();
        }

        json.WriteNumber("elapsed_seconds", Math.Round(result.ElapsedSeconds, 3));
    });
}
