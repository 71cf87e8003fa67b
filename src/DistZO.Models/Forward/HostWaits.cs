using DistZO.Devices;

namespace DistZO.Models;

/// <summary>Notes what the thread waits for that drives a device.</summary>
internal static class HostWaits
{
    /// <summary>What is shorter is no wait worth a line.</summary>
    private const long Least = 100_000;

    /// <summary>A wait is over.</summary>
    /// <param name="trace">Takes it; null for nobody.</param>
    /// <param name="track">The host's.</param>
    /// <param name="what">For people: what it waited for.</param>
    /// <param name="began">By <see cref="TraceClock"/>.</param>
    public static void Note(ITraceSink? trace, string track, string what, long began)
    {
        if (trace is not null && TraceClock.Now is var now && now - began >= Least) trace.Add(new TraceSpan(track, what, began, now, 0));
    }
}
