namespace DistZO.Cluster.Tests;

/// <summary>A clock that stands still until it is moved. Its wall time may jump by itself, as machines' do.</summary>
internal sealed class FakeTime : TimeProvider
{
    private long _ticks = TimeSpan.TicksPerDay;
    private DateTimeOffset _wall = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Seconds since the beginning.</summary>
    public double Now => (double)(_ticks - TimeSpan.TicksPerDay) / TimeSpan.TicksPerSecond;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => _wall;

    public void AdvanceTo(double seconds)
    {
        var ticks = TimeSpan.TicksPerDay + (long)(seconds * TimeSpan.TicksPerSecond);
        if (ticks <= _ticks) return;
        _wall += TimeSpan.FromTicks(ticks - _ticks);
        _ticks = ticks;
    }

    public void JumpWall(TimeSpan by) => _wall += by;
}
