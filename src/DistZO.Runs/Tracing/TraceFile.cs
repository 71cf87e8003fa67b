using System.Buffers;
using System.Globalization;
using DistZO.Devices;

namespace DistZO.Runs;

/// <summary>
/// Writes what the tracks of a process did, in the Chrome trace format: Perfetto and <c>distzo trace</c> open it, also while it is being
/// written or after a kill, which loses a second of it at most. It holds the beginning of a run, up to its limits. A disk that fails ends
/// the trace, not the run. Calls may come from any thread.
/// </summary>
public sealed class TraceFile : ITraceSink, IDisposable
{
    private const int BytesPerWrite = 1 << 16;
    private const long NanosecondsPerWrite = 1_000_000_000;

    private readonly string _path;
    private readonly TraceLimits _limits;
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _buffer = new(2 * BytesPerWrite);
    private readonly TraceEvents _events;
    private readonly Dictionary<string, int> _tracks = [];
    private FileStream? _file;
    private long? _written;
    private int _steps;
    private int? _step;
    private long _spans;
    private long _lost;
    private string? _ended;

    /// <summary>Makes the file; a trace that is there already is replaced.</summary>
    /// <param name="path">The file, in a directory that exists.</param>
    /// <param name="process">What the process is called in it.</param>
    /// <param name="limits">How much of the run it holds; null for the default.</param>
    /// <exception cref="BadInputException">The file cannot be made there, or is another than a trace.</exception>
    /// <exception cref="RunFailedException">The disk is full, or it failed.</exception>
    public TraceFile(string path, string process = "distzo", TraceLimits? limits = null)
    {
        (_path, _limits, _events) = (path, limits ?? new TraceLimits(), new TraceEvents(_buffer));
        try
        {
            _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            RefuseOtherFiles(_file, path);
            if (_file.CanSeek && _file.Length > 0) _file.SetLength(0);
            _events.Begin(process);
            Write(_file);
        }
        catch (Exception e)
        {
            Release();
            if (e is IOException or UnauthorizedAccessException) throw DurableFile.Explain(path, e);
            throw;
        }
    }

    /// <summary>For people, in one line: why the trace does not hold all that happened; null if it does.</summary>
    public string? Notice
    {
        get
        {
            lock (_gate)
            {
                return _ended is null
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"{_ended}; {_lost:N0} spans after that were left out");
            }
        }
    }

    public void Add(in TraceSpan span)
    {
        lock (_gate)
        {
            if (_file is not null && _spans == _limits.Spans) EndAtLimit($"the first {_limits.Spans:N0} spans", span.Begin, step: null);
            if (_file is null)
            {
                _lost++;
                return;
            }

            if (!_tracks.TryGetValue(span.Track, out var track))
            {
                _tracks[span.Track] = track = _tracks.Count + 1;
                _events.Track(track, TrackName.Of(span.Track));
            }

            _events.Span(track, span);
            _spans++;
            WriteIfDue(span.End);
        }
    }

    /// <summary>A step begins now, unless it did before: its further shares belong to it.</summary>
    /// <param name="step">Its number as progress and metrics show it: the first is 1.</param>
    public void BeginStep(int step) => BeginStep(step, TraceClock.Now);

    /// <summary>A step began, unless it did before.</summary>
    /// <param name="step">Its number as progress and metrics show it: the first is 1.</param>
    /// <param name="at">Nanoseconds of the spans' clock.</param>
    public void BeginStep(int step, long at)
    {
        lock (_gate)
        {
            if (_file is null || step == _step) return;
            _step = step;
            if (_steps++ == _limits.Steps)
            {
                EndAtLimit($"the first {_limits.Steps:N0} steps", at, step);
                return;
            }

            _events.Mark(TraceEvents.StepCategory, string.Create(CultureInfo.InvariantCulture, $"step {step}"), at, step);
            WriteIfDue(at);
        }
    }

    /// <summary>Ends the file. What is added later is left out.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_file is not null) End();
            _events.Dispose();
        }
    }

    private static void RefuseOtherFiles(FileStream file, string path)
    {
        if (!file.CanSeek || file.Length == 0 || TraceEvents.IsTrace(file)) return;
        throw new BadInputException($"'{path}' is there and is no trace; name another file for the trace, or remove it");
    }

    /// <summary>Ends it, before a step if one is named.</summary>
    private void EndAtLimit(FormattableString holds, long at, int? step)
    {
        var what = holds.ToString(CultureInfo.InvariantCulture);
        _ended = $"{_path} holds {what}";
        _events.Mark(TraceEvents.LimitCategory, $"the trace ends here: it holds {what}", at, step);
        End();
    }

    private void End()
    {
        _events.Close();
        TryWrite();
        Release();
    }

    private void WriteIfDue(long now)
    {
        _written ??= now;
        if (_buffer.WrittenCount < BytesPerWrite && now - _written < NanosecondsPerWrite) return;
        _written = now;
        TryWrite();
    }

    private void TryWrite()
    {
        try
        {
            Write(_file!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Streams and kernels call this: a run must not end because its trace cannot go on.
            _ended = $"the trace ended early: cannot write '{_path}' ({e.Message.TrimEnd('.')})";
            Release();
        }
    }

    private void Write(FileStream file)
    {
        // Whole events, so that a kill between two writes leaves no torn one.
        file.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    private void Release()
    {
        _file?.Dispose();
        _file = null;
    }
}
