namespace DistZO.Devices.Tests.Streams;

/// <summary>Bytes take as long as their links' rates say; behind a switch, links share its rate.</summary>
public sealed class LinkTests
{
    private const int Bytes = 1_000_000;

    [Fact]
    public void Pass_TakesTheTimeOfTheBytes()
    {
        var link = new Link(10e6, TimeProvider.System);
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 4; i++) link.Pass(Bytes / 4);
        // The first piece may have been under way already.
        Assert.True(TimeProvider.System.GetElapsedTime(began).TotalSeconds > 0.074);
        Assert.Equal(Bytes, link.Sent);
    }

    [Fact]
    public void Pass_BehindASwitch_SharesItsRate()
    {
        var both = new Link(10e6, TimeProvider.System);
        Link[] links = [new(10e6, TimeProvider.System, both), new(10e6, TimeProvider.System, both)];
        var began = TimeProvider.System.GetTimestamp();
        var threads = links.Select(link => new Thread(() =>
        {
            for (var i = 0; i < 4; i++) link.Pass(Bytes / 4);
        })).ToList();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.True(TimeProvider.System.GetElapsedTime(began).TotalSeconds > 0.17);
        Assert.Equal(2 * Bytes, both.Sent);
    }
}
