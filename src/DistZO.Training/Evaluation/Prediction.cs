using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>
/// What the model makes of one row: of a choice, its best option and all scores; of other rows, their token loss; and what it writes, where
/// that is scored.
/// </summary>
/// <param name="Sample">The row.</param>
/// <param name="Best">Index of the option with the highest score; 0 without choices.</param>
/// <param name="Scores">The mean log-probability of each option's tokens.</param>
public sealed record Prediction(EncodedExample Sample, int Best, double[] Scores)
{
    /// <summary>What it writes; null where nothing is written.</summary>
    public ScoredAnswer? Answer { get; init; }

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Predicts from the sample's own log-probabilities.</summary>
    public static Prediction Of(EncodedExample sample, ReadOnlySpan<double> logProbabilities)
    {
        double[] scores = new double[sample.Options.Length];
        Objective.Scores(sample, logProbabilities, scores);
        return new Prediction(sample, Objective.Best(scores), scores);
    }

    /// <summary>
    /// Writes the row as one JSON object: <c>{"line", "prediction", "label", "correct", "scores": {label: score}}</c> of a choice,
    /// <c>{"line", "loss", "tokens"}</c> (mean loss a token) of other rows; behind them, where an answer is written,
    /// <c>"text", "references"</c> and its scores by name. A number that is not finite is null, and so are a text that could not be written
    /// and its scores.
    /// </summary>
    /// <param name="output">Receives the line.</param>
    /// <param name="labels">As <see cref="ExampleSet.Labels"/>.</param>
    /// <param name="answerMetrics">Names of the scores of a written answer.</param>
    public void WriteLine(Stream output, IReadOnlyList<string> labels, IReadOnlyList<string> answerMetrics)
    {
        using (var json = new Utf8JsonWriter(output, Plain))
        {
            json.WriteStartObject();
            json.WriteNumber("line", Sample.Line);
            if (Sample.IsChoice) WriteChoice(json, labels);
            else WriteLoss(json);
            if (Answer is { } answer) WriteAnswer(json, answer, answerMetrics);
            json.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }

    private void WriteChoice(Utf8JsonWriter json, IReadOnlyList<string> labels)
    {
        json.WriteString("prediction", Name(labels, Best));
        json.WriteString("label", Name(labels, Sample.Label));
        json.WriteBoolean("correct", Sample.IsRight(Best));
        json.WriteStartObject("scores");
        for (int i = 0; i < Scores.Length; i++)
        {
            json.WritePropertyName(Name(labels, i));
            WriteValue(json, Scores[i]);
        }
        json.WriteEndObject();
    }

    private void WriteAnswer(Utf8JsonWriter json, ScoredAnswer answer, IReadOnlyList<string> metrics)
    {
        json.WriteString("text", answer.Text);
        json.WriteStartArray("references");
        foreach (string reference in Sample.Text!.References) json.WriteStringValue(reference);
        json.WriteEndArray();
        for (int i = 0; i < metrics.Count; i++)
        {
            json.WritePropertyName(metrics[i]);
            WriteValue(json, answer.Text is null ? double.NaN : answer.Scores[i]);
        }
    }

    /// <summary>A label's name, or the option's number from 0 where every row has options of its own.</summary>
    private static string Name(IReadOnlyList<string> labels, int option) =>
        ConfusionTable.IsRightOrWrong(labels) ? option.ToString(CultureInfo.InvariantCulture) : labels[option];

    private void WriteLoss(Utf8JsonWriter json)
    {
        json.WritePropertyName("loss");
        WriteValue(json, -Scores[0]);
        json.WriteNumber("tokens", Sample.Options[0].Scored);
    }

    private static void WriteValue(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteNullValue();
    }
}
