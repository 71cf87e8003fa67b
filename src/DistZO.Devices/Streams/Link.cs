namespace DistZO.Devices;

/// <summary>
/// A path that bytes take, at a rate that is modelled: whoever sends over it is held back until as much time has passed as the bytes
/// take. Streams that share a link share its rate, in turns of <see cref="BytesPerTurn"/>.
/// </summary>
/// <param name="bytesPerSecond">The rate.</param>
/// <param name="time">The clock.</param>
/// <param name="through">What its bytes go through too, such as a switch that other links share; null for nothing.</param>
public sealed class Link(double bytesPerSecond, TimeProvider time, Link? through = null)
{
    /// <summary>As much is sent before another stream has its turn.</summary>
    public const int BytesPerTurn = 1 << 20;

    private readonly Lock _gate = new();
    private double _free;

    /// <summary>The rate.</summary>
    public double BytesPerSecond => bytesPerSecond;

    /// <summary>Bytes that were sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Returns once bytes that were sent just now have had their time on the link.</summary>
    public void Pass(long bytes)
    {
        var until = Math.Max(Reserve(bytes), through?.Reserve(bytes) ?? 0);

        // A sleep may be late by a scheduler's turn, but the link's time is kept, so lateness does not add up.
        while (until - Now is > 0 and var left) Thread.Sleep(TimeSpan.FromSeconds(Math.Max(left, 0.0001)));
    }

    private double Now => time.GetElapsedTime(0).TotalSeconds;

    /// <summary>When the bytes will have had their time, by a clock that all links share.</summary>
    private double Reserve(long bytes)
    {
        lock (_gate)
        {
            // A link that was idle does not catch up on what it could have sent.
            _free = Math.Max(_free, Now - (bytes / bytesPerSecond)) + (bytes / bytesPerSecond);
            Sent += bytes;
            return _free;
        }
    }
}
