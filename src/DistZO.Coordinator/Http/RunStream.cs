using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Coordinator;

/// <summary>
/// <c>/v1/stream</c>: server-sent events named <c>status</c>, <c>workers</c>, <c>event</c> (all that are remembered first) and
/// <c>heartbeat</c>. It shows what is new and leaves out what was in between, so a slow reader gets less, never later. Ends when the
/// process does, so that it holds up no shutdown.
/// </summary>
internal sealed class RunStream(IRunMonitor monitor, TimeProvider time, CancellationToken stopping)
{
    /// <summary>More than four pictures a second cannot be read.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(250);

    /// <summary>A table that changes more often than this is no table.</summary>
    public static readonly TimeSpan WorkersEvery = TimeSpan.FromSeconds(1);

    /// <summary>So that proxies and pages know a quiet run from a dead connection.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    /// <summary>A picture of a thousand workers is large: they come at the pace of this many characters a second.</summary>
    private const double CharactersPerSecond = 500_000;

    /// <summary>What happens from now on, until the reader goes.</summary>
    /// <param name="lastEventId">The id of the last event that the reader has, from an earlier connection; null if it has none.</param>
    /// <param name="aborted">The reader is gone.</param>
    public async IAsyncEnumerable<SseItem<string>> Read(string? lastEventId, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, aborted);
        var status = await monitor.Status();
        var nextEvent = NextEvent(lastEventId, status.Incarnation);
        long? workersSent = null;
        while (true)
        {
            var length = 0;
            yield return Item("status", status, RunJson.Default.RunStatus, ref length);
            foreach (var happened in await monitor.Events(nextEvent))
            {
                yield return Item("event", happened, RunJson.Default.RunEvent, ref length, EventId(status.Incarnation, happened.Number));
                nextEvent = happened.Number + 1;
            }

            var owed = workersSent is { } sent && time.GetElapsedTime(sent) < WorkersEvery;
            if (!owed) yield return await WorkersItem();
            var pause = TimeSpan.FromSeconds(length / CharactersPerSecond);
            if (!await Ended(Task.Delay(pause > Shortest ? pause : Shortest, time, end.Token))) yield break;
            var changed = monitor.Changed(status.Version, end.Token);
            while (await Late(changed, owed ? WorkersEvery - time.GetElapsedTime(workersSent!.Value) : Heartbeat, end.Token))
            {
                // A run that has gone quiet still owes the table of its last change.
                yield return owed ? await WorkersItem() : new SseItem<string>("{}", "heartbeat");
                owed = false;
            }

            if (!await Ended(changed)) yield break;
            status = await monitor.Status();

            async Task<SseItem<string>> WorkersItem()
            {
                workersSent = time.GetTimestamp();
                return Item("workers", new WorkerList(await monitor.Workers()), RunJson.Default.WorkerList, ref length);
            }
        }
    }

    /// <summary>True if a span passes before <paramref name="changed"/> ends.</summary>
    private async Task<bool> Late(Task changed, TimeSpan span, CancellationToken end)
    {
        var passed = Task.Delay(span > TimeSpan.Zero ? span : TimeSpan.Zero, time, end);
        return await Task.WhenAny(changed, passed) == passed && !end.IsCancellationRequested;
    }

    private static async Task<bool> Ended(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (task.IsFaulted) await task;
        return !task.IsCanceled;
    }

    private static SseItem<string> Item<T>(string name, T value, JsonTypeInfo<T> type, ref int length, string? id = null)
    {
        var json = JsonSerializer.Serialize(value, type);
        length += json.Length;
        return id is null ? new SseItem<string>(json, name) : new SseItem<string>(json, name) { EventId = id };
    }

    // Events are counted anew by each coordinator, so an id says whose number it is.
    private static string EventId(string incarnation, long number) => string.Create(CultureInfo.InvariantCulture, $"{incarnation}-{number}");

    private static long NextEvent(string? lastEventId, string incarnation)
    {
        var parts = lastEventId?.Split('-');
        return parts is [var whose, var text] && whose == incarnation
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number + 1 : 0;
    }
}

/// <summary>Where the stream is found.</summary>
internal static class RunStreamEndpoint
{
    public static void MapRunStream(this IEndpointRouteBuilder routes, RunStream stream) => routes
        .MapGet("/v1/stream", (HttpRequest request, CancellationToken aborted) =>
            TypedResults.ServerSentEvents(stream.Read(request.Headers["Last-Event-ID"], aborted)))
        .WithTags("run").WithName("stream").WithSummary("Server-sent events: status, workers, event, heartbeat.");
}
