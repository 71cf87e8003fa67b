using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace DistZO.Coordinator.Tests;

public sealed class StreamTests
{
    [Fact]
    public async Task Stream_AtItsBegin_HasTheStatusAllEventsAndTheWorkers()
    {
        await using var host = await RunHost.Start();
        await using var reader = await Open(host);
        Assert.Equal(host.Monitor.Run.Step, Parse(await reader.Next("status"), RunJson.Default.RunStatus).Step);
        var events = await host.Monitor.Events(0);
        foreach (var happened in events)
        {
            var item = await reader.Next("event");
            Assert.Equal(happened, Parse(item, RunJson.Default.RunEvent));
            Assert.Equal($"5f0c9a31-{happened.Number}", item.EventId);
        }

        Assert.Equal(8 + 2, Parse(await reader.Next("workers"), RunJson.Default.WorkerList).Workers.Count);
    }

    [Fact]
    public async Task Stream_WhenTheRunChanges_SaysWhatIsNewAtMostFourTimesASecond()
    {
        var time = new FakeTimeProvider();
        await using var host = await RunHost.Start(time: time);
        await using var reader = await Open(host);
        await reader.SkipTo("workers");
        host.Monitor.Change(run => run.Step++);
        host.Monitor.Change(run => run.Step++);
        var next = reader.Next("status");
        Assert.False(next.IsCompleted);
        await Pass(time, RunStream.Shortest, next);
        Assert.Equal(11_484, Parse(await next, RunJson.Default.RunStatus).Step);
    }

    [Fact]
    public async Task Stream_AfterOneQuickChange_StillHasTheWorkersOfIt()
    {
        var time = new FakeTimeProvider();
        await using var host = await RunHost.Start(time: time);
        await using var reader = await Open(host);
        await reader.SkipTo("workers");
        host.Monitor.Change(run => run.Workers.RemoveAt(0));
        var status = reader.Next("status");
        await Pass(time, RunStream.Shortest, status);
        var workers = reader.SkipTo("workers");
        await Pass(time, RunStream.Shortest, workers);
        Assert.Equal(9, Parse(await workers, RunJson.Default.WorkerList).Workers.Count);
    }

    [Fact]
    public async Task Stream_OfAQuietRun_HasHeartbeats()
    {
        var time = new FakeTimeProvider();
        await using var host = await RunHost.Start(time: time);
        await using var reader = await Open(host);
        await reader.SkipTo("workers");
        var beat = reader.Next("heartbeat");
        await Pass(time, RunStream.Heartbeat, beat);
        Assert.Equal("{}", (await beat).Data);
    }

    [Fact]
    public async Task Stream_AfterAReconnect_HasOnlyEventsSinceTheLast()
    {
        await using var host = await RunHost.Start();
        var last = (await host.Monitor.Events(0))[^2];
        await using var reader = await Open(host, $"5f0c9a31-{last.Number}");
        await reader.Next("status");
        Assert.Equal(last.Number + 1, Parse(await reader.Next("event"), RunJson.Default.RunEvent).Number);
        await reader.Next("workers");
    }

    [Theory]
    [InlineData("0badcafe-3")]
    [InlineData("5f0c9a31-x")]
    [InlineData("nonsense")]
    public async Task Stream_AfterAReconnectToAnotherCoordinator_HasAllEvents(string lastEventId)
    {
        await using var host = await RunHost.Start();
        await using var reader = await Open(host, lastEventId);
        await reader.Next("status");
        Assert.Equal(0, Parse(await reader.Next("event"), RunJson.Default.RunEvent).Number);
    }

    [Fact]
    public async Task Stream_WhenTheHostStops_EndsAndHoldsNothingUp()
    {
        await using var host = await RunHost.Start(time: new FakeTimeProvider());
        await using var reader = await Open(host);
        await reader.SkipTo("workers");
        await host.Stop();
        Assert.Null(await reader.NextOrEnd());
    }

    private static T Parse<T>(SseItem<string> item, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(item.Data, type)!;

    // The stream asks the clock for its pause at a moment that a test cannot see: time is moved on until the answer is there.
    private static async Task Pass(FakeTimeProvider time, TimeSpan span, Task until)
    {
        while (!until.IsCompleted)
        {
            time.Advance(span);
            await Task.Yield();
        }
    }

    private static async Task<StreamReader> Open(RunHost host, string? lastEventId = null)
    {
        var response = await host.Send(
            HttpMethod.Get, "/v1/stream", headers: lastEventId is null ? [] : [("Last-Event-ID", lastEventId)]);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return new StreamReader(await response.Content.ReadAsStreamAsync());
    }

    private sealed class StreamReader(Stream stream) : IAsyncDisposable
    {
        private readonly IAsyncEnumerator<SseItem<string>> _items = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();

        public async Task<SseItem<string>?> NextOrEnd() =>
            await _items.MoveNextAsync().AsTask().WaitAsync(RunHost.Patience) ? _items.Current : null;

        public async Task<SseItem<string>> Next(string name)
        {
            var item = await NextOrEnd() ?? throw new EndOfStreamException();
            Assert.Equal(name, item.EventType);
            return item;
        }

        public async Task<SseItem<string>> SkipTo(string name)
        {
            while (true)
            {
                var item = await NextOrEnd() ?? throw new EndOfStreamException();
                if (item.EventType == name) return item;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _items.DisposeAsync();
            await stream.DisposeAsync();
        }
    }
}
