using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace DistZO.Runs;

/// <summary>
/// Metrics as one line of JSON, under the names that users of the Hugging Face trainers know. JSON has no NaN: a value that is not
/// finite is null, and one that nobody measured is left out.
/// </summary>
public static class MetricsLine
{
    // A path or a message should read as it was written; the line goes to files and terminals, not into HTML.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary><c>{"step":1,"max_steps":600,"epoch":0.05,"loss":1.38,…}</c></summary>
    public static string Of(StepMetrics step) => Write(json =>
    {
        json.WriteNumber("step", step.Step);
        json.WriteNumber("max_steps", step.MaxSteps);
        WriteNumber(json, "epoch", step.Epoch);
        WriteNumber(json, "loss", step.Loss);
        WriteNumber(json, "smoothed_loss", step.SmoothedLoss);
        WriteNumber(json, "learning_rate", step.LearningRate);
        WriteNumber(json, "projected_gradient", step.ProjectedGradient);
        if (step.Skipped) json.WriteBoolean("skipped", true);
        if (step.Tokens is { } tokens) json.WriteNumber("tokens", tokens);
        WriteMeasured(json, "tokens_per_second", step.TokensPerSecond, 1);
        WriteMeasured(json, "scoring_seconds", step.ScoringSeconds, 6);
        WriteMeasured(json, "elapsed_seconds", step.ElapsedSeconds, 3);
        WriteMeasured(json, "remaining_seconds", step.RemainingSeconds, 1);
    });

    /// <summary><c>{"step":100,"eval_accuracy":0.71,…,"best":true}</c></summary>
    public static string Of(EvaluationMetrics evaluation) => Write(json =>
    {
        json.WriteNumber("step", evaluation.Step);
        foreach (var (name, value) in evaluation.Values) WriteNumber(json, "eval_" + name, value);
        json.WriteBoolean("best", evaluation.IsBest);
    });

    /// <summary>Any other line: whatever <paramref name="write"/> puts into the object.</summary>
    public static string Write(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }

    private static void WriteMeasured(Utf8JsonWriter json, string name, double? value, int digits)
    {
        if (value is { } measured) WriteNumber(json, name, Math.Round(measured, digits));
    }
}
