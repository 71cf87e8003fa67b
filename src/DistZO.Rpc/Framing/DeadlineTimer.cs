namespace DistZO.Rpc.Framing;

/// <summary>Calls back once, when a deadline has passed, however far away it is.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    /// <summary>The longest time that a timer of .NET takes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _timeout;
    private readonly Action _passed;
    private readonly ITimer _timer;

    /// <summary>Starts the timer.</summary>
    /// <param name="time">Whose clock is looked at; its monotonic one.</param>
    /// <param name="timeout">From now; zero and less mean at once.</param>
    /// <param name="passed">Called on the timer's thread.</param>
    public DeadlineTimer(TimeProvider time, TimeSpan timeout, Action passed)
    {
        (_time, _start, _passed) = (time, time.GetTimestamp(), passed);
        _timeout = timeout > TimeSpan.Zero ? timeout : TimeSpan.Zero;
        _timer = time.CreateTimer(static state => ((DeadlineTimer)state!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Arm(_timeout);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var left = _timeout - _time.GetElapsedTime(_start);
        if (left > TimeSpan.Zero) Arm(left);
        else _passed();
    }

    /// <summary>Rounded up to a millisecond: the timer's own rounding must not make it fire early, again and again.</summary>
    private void Arm(TimeSpan left) => _timer.Change(
        left < Longest ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : Longest, Timeout.InfiniteTimeSpan);
}
