using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Training;

/// <summary>
/// Scores what the model wrote with a program of the user's, which runs as long as this object lives. It reads a JSON object a line,
/// <c>{"prompt", "generation", "references", "row"}</c>, writes a number a line, in the same order, and ends at the end of its input.
/// A score is that of its line alone: one line in a hundred is given twice (<see cref="RepeatedLines"/>), and a difference fails the run.
/// </summary>
public sealed class CommandScorer : ITextScorer
{
    /// <summary>1 − score stays well within what the fixed point of losses holds.</summary>
    private const double LargestScore = 1000;

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly ulong _seed;
    private readonly TimeSpan _timeout;
    private readonly ScoringProcess _process;
    private readonly List<WrittenAnswer> _repeated = [];

    /// <summary>Starts the program.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="seed">The run's.</param>
    /// <param name="timeout">How long the program may be silent while a score is awaited.</param>
    /// <param name="whileWaiting">
    /// Called for each score, and every second until it comes, since who waits for a program does not hang; may be null.
    /// </param>
    /// <exception cref="BadInputException">It cannot be started.</exception>
    public CommandScorer(IReadOnlyList<string> command, ulong seed, TimeSpan timeout, Action? whileWaiting = null)
    {
        (_seed, _timeout) = (seed, timeout);
        _process = new ScoringProcess(command, whileWaiting);
    }

    public string Name => "score";

    public string? StopAt => null;

    public void Score(long step, IReadOnlyList<WrittenAnswer> answers, Span<double> scores)
    {
        _repeated.Clear();
        var places = new List<int>();
        for (int i = 0; i < answers.Count; i++)
        {
            if (!RepeatedLines.Contains(_seed, step, answers[i].Row.Line)) continue;
            _repeated.Add(answers[i]);
            places.Add(i);
        }
        // The second time comes after all the first ones: a program that counts or remembers gives itself away.
        using var exchange = _process.Exchange(Lines([.. answers, .. _repeated]), answers.Count + _repeated.Count, _timeout);
        for (int i = 0; i < answers.Count; i++) scores[i] = Number(exchange.Next(), answers[i]);
        foreach (int place in places)
        {
            double again = Number(exchange.Next(), answers[place]);
            if (again == scores[place]) continue;
            throw new RunFailedException(
                $"the scoring program {_process.Name} gave {Text(scores[place])} and then {Text(again)} for the same line (step {step}, line " +
                $"{answers[place].Row.Line} of the data); a score must depend on its line alone");
        }
    }

    public void Dispose() => _process.Dispose();

    private static byte[] Lines(IReadOnlyList<WrittenAnswer> answers)
    {
        using var lines = new MemoryStream();
        foreach (var answer in answers)
        {
            using (var json = new Utf8JsonWriter(lines, Plain))
            {
                json.WriteStartObject();
                json.WriteString("prompt", answer.Text.Prompt);
                json.WriteString("generation", answer.Generation);
                json.WriteStartArray("references");
                foreach (string reference in answer.Text.References) json.WriteStringValue(reference);
                json.WriteEndArray();
                json.WritePropertyName("row");
                using var row = JsonDocument.Parse(answer.Text.Row ?? throw new InvalidOperationException("the row was not kept"));
                row.RootElement.WriteTo(json);
                json.WriteEndObject();
            }
            lines.WriteByte((byte)'\n');
        }
        return lines.ToArray();
    }

    private double Number(string line, WrittenAnswer answer)
    {
        string shown = line.Length <= 60 ? line : line[..57] + "...";
        if (!double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out double score))
            throw Wrong("which is not a number");
        if (!double.IsFinite(score)) throw Wrong("which is not finite");
        return Math.Abs(score) <= LargestScore ? score : throw Wrong($"which is more than {LargestScore} in size");

        RunFailedException Wrong(string why) => new(
            $"the scoring program {_process.Name} answered '{shown}' for line {answer.Row.Line} of the data, {why}; it must print one number a line");
    }

    private static string Text(double score) => score.ToString("R", CultureInfo.InvariantCulture);
}
