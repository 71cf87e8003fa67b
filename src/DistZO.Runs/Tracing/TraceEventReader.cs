using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>Takes the events of a trace one by one, and makes of them what it holds.</summary>
internal sealed class TraceEventReader
{
    // Three years, and a terabyte a span: sums stay within 64 bits.
    private const decimal FarthestMicroseconds = 1e14m;
    private const long MostBytes = 1_000_000_000_000;

    private readonly List<TraceSpan> _spans = [];
    private readonly List<(int Step, long At)> _steps = [];
    private readonly Dictionary<(long Process, long Track), string> _tracks = [];
    private readonly Dictionary<string, string> _names = [];
    private string? _limit;
    private long? _lastStepEnd;

    /// <summary>Takes one; gives what is wrong with it, or null.</summary>
    public string? Take(ReadOnlyMemory<char> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return Take(document.RootElement);
        }
        catch (JsonException)
        {
            return "it is not JSON";
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return "a field is missing or of another kind";
        }
    }

    public TraceContents Finish(string path, bool isCut)
    {
        if (_spans.Count == 0) throw new BadInputException($"'{path}' is a trace without any spans; trace a run for a step or more");
        _spans.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        _steps.Sort((a, b) => a.At.CompareTo(b.At));
        var end = Math.Max(_spans.Max(span => span.End), _steps.Count > 0 ? _steps[^1].At : long.MinValue);
        var steps = new List<TracedStep>();
        for (var i = 0; i < _steps.Count; i++)
        {
            var isLast = i + 1 == _steps.Count;
            var until = isLast ? _lastStepEnd ?? end : _steps[i + 1].At;
            var isWhole = !isLast || _lastStepEnd is not null || (!isCut && _limit is null);
            steps.Add(new TracedStep(_steps[i].Step, _steps[i].At, until, isWhole));
        }

        return new TraceContents
        {
            Path = path,
            Spans = _spans,
            Steps = steps,
            Limit = _limit,
            IsCut = isCut,
            Begin = Math.Min(_spans[0].Begin, steps.Count > 0 ? steps[0].Begin : long.MaxValue),
            End = end,
        };
    }

    private static long Nanoseconds(JsonElement element, string field)
    {
        var microseconds = element.GetProperty(field).GetDecimal();
        if (Math.Abs(microseconds) > FarthestMicroseconds) throw new FormatException();
        return (long)(microseconds * 1000);
    }

    private string? Take(JsonElement element)
    {
        var name = Text(element.GetProperty("name"));
        switch (element.GetProperty("ph").GetString())
        {
            case "M":
                if (name == "thread_name") _tracks[TrackOf(element)] = Text(element.GetProperty("args").GetProperty("name"));
                return null;
            case "i":
                TakeMark(element, name);
                return null;
            case "X":
                return TakeSpan(element, name);
            default:
                return null;
        }
    }

    private string? TakeSpan(JsonElement element, string name)
    {
        if (!_tracks.TryGetValue(TrackOf(element), out var track)) return "its track has no name";
        var (begin, duration) = (Nanoseconds(element, "ts"), Nanoseconds(element, "dur"));
        if (duration < 0) return "it ends before it begins";
        long bytes = 0;
        if (element.TryGetProperty("args", out var args) && args.TryGetProperty("bytes", out var moved)) bytes = moved.GetInt64();
        if (bytes is < 0 or > MostBytes) return $"it moves {bytes} bytes";
        _spans.Add(new TraceSpan(track, name, begin, begin + duration, bytes));
        return null;
    }

    private void TakeMark(JsonElement element, string name)
    {
        var at = Nanoseconds(element, "ts");
        switch (element.GetProperty("cat").GetString())
        {
            case TraceEvents.StepCategory:
                _steps.Add((element.GetProperty("args").GetProperty("step").GetInt32(), at));
                break;
            case TraceEvents.LimitCategory:
                _limit = name;
                if (element.TryGetProperty("args", out _)) _lastStepEnd = at;
                break;
            default:
                break;
        }
    }

    private static (long Process, long Track) TrackOf(JsonElement element) =>
        (element.GetProperty("pid").GetInt64(), element.GetProperty("tid").GetInt64());

    /// <summary>A million spans have a few dozen names.</summary>
    private string Text(JsonElement element)
    {
        var text = element.GetString() ?? throw new FormatException();
        if (!_names.TryGetValue(text, out var known)) _names[text] = known = text;
        return known;
    }
}
