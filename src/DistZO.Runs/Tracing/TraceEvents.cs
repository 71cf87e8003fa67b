using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>
/// Spans and marks as events of the Chrome trace format, in its form of a JSON array whose closing bracket may be missing: what was written
/// before a kill opens. Each event is a line; the comma stands before the next, so that every prefix of whole events is a whole trace.
/// </summary>
internal sealed class TraceEvents : IDisposable
{
    /// <summary>The category of a mark at which a step begins.</summary>
    public const string StepCategory = "step";

    /// <summary>The category of the mark at which a trace has reached its limit.</summary>
    public const string LimitCategory = "limit";

    private static readonly byte[] Head = "[\n{\"ph\":\"M\",\"name\":\"process_name\","u8.ToArray();

    // The names of blocks should read as they are. JSON inside JSON or HTML is none of this format's uses.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _buffer;
    private readonly Utf8JsonWriter _json;

    /// <param name="buffer">Where events go.</param>
    public TraceEvents(ArrayBufferWriter<byte> buffer) => (_buffer, _json) = (buffer, new Utf8JsonWriter(buffer, Readable));

    /// <summary>Whether a file begins as those that are written here; reads from where it is.</summary>
    public static bool IsTrace(Stream file)
    {
        var start = new byte[Head.Length];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().SequenceEqual(Head);
    }

    /// <summary>The beginning of a file.</summary>
    public void Begin(string process)
    {
        _buffer.Write("[\n"u8);
        Start("M", "process_name");
        WriteName(process);
        End();
    }

    /// <summary>A track's name and place.</summary>
    public void Track(int track, TrackName name)
    {
        Next("M", "thread_name");
        _json.WriteNumber("tid", track);
        WriteName(name.Text);
        End();
        Next("M", "thread_sort_index");
        _json.WriteNumber("tid", track);
        _json.WriteStartObject("args");
        _json.WriteNumber("sort_index", name.Order);
        _json.WriteEndObject();
        End();
    }

    /// <summary>What a track did.</summary>
    public void Span(int track, in TraceSpan span)
    {
        var duration = Math.Max(0, span.End - span.Begin);
        Next("X", span.Name);
        _json.WriteNumber("tid", track);
        _json.WriteNumber("ts", span.Begin / 1000m);
        _json.WriteNumber("dur", duration / 1000m);
        if (span.Bytes != 0)
        {
            _json.WriteStartObject("args");
            _json.WriteNumber("bytes", span.Bytes);
            if (duration > 0) _json.WriteNumber("GB/s", Math.Round((double)span.Bytes / duration, 3));
            _json.WriteEndObject();
        }

        End();
    }

    /// <summary>Something that happened at a moment.</summary>
    /// <param name="category">What kind of thing.</param>
    /// <param name="name">For people.</param>
    /// <param name="at">Nanoseconds of the spans' clock.</param>
    /// <param name="step">The step that began, or that is the first to be left out; null for none.</param>
    public void Mark(string category, string name, long at, int? step)
    {
        Next("i", name);
        _json.WriteString("s", "p");
        _json.WriteString("cat", category);
        _json.WriteNumber("tid", 0);
        _json.WriteNumber("ts", at / 1000m);
        if (step is { } number)
        {
            _json.WriteStartObject("args");
            _json.WriteNumber("step", number);
            _json.WriteEndObject();
        }

        End();
    }

    /// <summary>The end of a file.</summary>
    public void Close() => _buffer.Write("\n]\n"u8);

    public void Dispose() => _json.Dispose();

    private void Next(string phase, string name)
    {
        _buffer.Write(",\n"u8);
        Start(phase, name);
    }

    private void Start(string phase, string name)
    {
        _json.WriteStartObject();
        _json.WriteString("ph", phase);
        _json.WriteString("name", name);
        _json.WriteNumber("pid", Environment.ProcessId);
    }

    private void WriteName(string name)
    {
        _json.WriteStartObject("args");
        _json.WriteString("name", name);
        _json.WriteEndObject();
    }

    private void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
    }
}
