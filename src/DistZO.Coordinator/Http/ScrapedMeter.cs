namespace DistZO.Coordinator;

/// <summary>What <c>/metrics</c> reads, for as long as the application lives.</summary>
internal sealed class ScrapedMeter : IDisposable
{
    private RunMeter? _own;
    private MeterPage? _page;

    /// <summary>Begins to count: what happens before the first scrape is on it.</summary>
    /// <param name="given">The run in numbers, which its owner disposes; null for one that shows the run's status alone.</param>
    public (RunMeter Meter, MeterPage Page) Open(RunMeter? given)
    {
        var meter = given ?? (_own = new RunMeter());
        return (meter, _page = new MeterPage(meter.Meter));
    }

    public void Dispose()
    {
        _page?.Dispose();
        _own?.Dispose();
    }
}
