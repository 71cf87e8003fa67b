namespace DistZO.Devices;

/// <summary>An event of a device whose memory is the host's.</summary>
public sealed class HostEvent : DeviceEvent
{
    private readonly ManualResetEventSlim _happened = new(false);
    private Exception? _failure;

    /// <summary>One that has happened.</summary>
    public static HostEvent Done { get; } = Create();

    public override bool IsDone => _happened.IsSet;

    /// <summary>Why it will never happen; null if it may.</summary>
    public Exception? Failure => _failure;

    public override void Synchronize()
    {
        _happened.Wait();
        // Another exception each time: an exception belongs to whoever throws it.
        if (_failure is { } failure) throw new RunFailedException(failure.Message, failure);
    }

    /// <summary>It happens now, or never, for a reason.</summary>
    public void Set(Exception? failure)
    {
        _failure = failure;
        _happened.Set();
    }

    private static HostEvent Create()
    {
        var done = new HostEvent();
        done.Set(null);
        return done;
    }
}
