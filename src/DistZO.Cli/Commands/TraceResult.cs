using System.Text.Json;
using DistZO.Runs;

namespace DistZO.Cli.Commands;

/// <summary>The one line of <c>distzo trace --json</c>.</summary>
internal static class TraceResult
{
    public static string Line(TraceContents trace, TraceReport report, string picture) => MetricsLine.Write(json =>
    {
        json.WriteString("trace", trace.Path);
        json.WriteString("part", report.Window.Words);
        WriteSeconds(json, "from", report.Window.Begin - trace.Begin);
        WriteSeconds(json, "to", report.Window.End - trace.Begin);
        json.WriteBoolean("cut_off", trace.IsCut);
        json.WriteString("limit", trace.Limit);
        json.WriteNumber("steps", report.Steps.Count);
        if (report.StepNanoseconds is { } step) WriteSeconds(json, "step_seconds", step);
        WriteShare(json, "overlap", report.Overlap);
        WriteShare(json, "compute_idle", report.IdleShare);
        WriteSeconds(json, "compute_idle_seconds", report.Idle);
        WriteSeconds(json, "transfer_seconds", report.Transfers);
        WriteSeconds(json, "hidden_seconds", report.Hidden);
        json.WriteNumber("bytes", report.Bytes);
        json.WriteStartArray("tracks");
        foreach (var track in report.Tracks) Write(json, track);
        json.WriteEndArray();
        json.WriteStartArray("waits");
        foreach (var wait in report.Waits)
        {
            json.WriteStartObject();
            json.WriteString("track", wait.Track);
            json.WriteString("name", wait.Name);
            WriteSeconds(json, "seconds", wait.Nanoseconds);
            json.WriteNumber("times", wait.Times);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("verdict", TraceVerdict.Of(report));
        json.WriteString("picture", picture);
    });

    private static void Write(Utf8JsonWriter json, TrackReport track)
    {
        json.WriteStartObject();
        json.WriteString("track", track.Name.Text);
        json.WriteNumber("spans", track.Spans.Count);
        WriteSeconds(json, "busy_seconds", track.Busy);
        WriteSeconds(json, "idle_seconds", track.Idle);
        json.WriteNumber("bytes", track.Bytes);
        WriteSeconds(json, "transfer_seconds", track.Transfers);
        WriteSeconds(json, "hidden_seconds", track.Hidden);
        if (track.GigabytesPerSecond is { } rate) json.WriteNumber("bytes_per_second", Math.Round(rate * 1e9));
        json.WriteEndObject();
    }

    /// <summary>Nanoseconds as seconds, without a digit lost.</summary>
    private static void WriteSeconds(Utf8JsonWriter json, string name, double nanoseconds) =>
        json.WriteNumber(name, Math.Round(nanoseconds / 1e9, 9));

    private static void WriteShare(Utf8JsonWriter json, string name, double? share)
    {
        if (share is { } known) json.WriteNumber(name, Math.Round(known, 6));
        else json.WriteNull(name);
    }
}
