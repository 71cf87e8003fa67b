using System.Net;
using System.Net.Sockets;

namespace DistZO.Coordinator;

/// <summary>
/// Counts what comes from each address within a window. Memory is bounded: once too many addresses are known, those that are not share
/// one count. Safe from any thread.
/// </summary>
/// <param name="most">Allowed within the window.</param>
/// <param name="window">Begins with the first that is counted.</param>
/// <param name="time">The clock.</param>
internal sealed class AddressLimit(int most, TimeSpan window, TimeProvider time)
{
    /// <summary>Addresses that are told apart.</summary>
    public const int MostAddresses = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (int Count, long Since)> _counts = [];

    /// <summary>Addresses in memory.</summary>
    public int Addresses
    {
        get
        {
            lock (_gate) return _counts.Count;
        }
    }

    /// <summary>Whether no more is allowed from an address.</summary>
    public bool IsReached(IPAddress? address)
    {
        lock (_gate)
        {
            return (_counts.TryGetValue(Source(address), out var known) || _counts.TryGetValue(IPAddress.None, out known))
                && known.Count >= most && !IsOver(known.Since);
        }
    }

    /// <summary>Counts one; false if that is one too many.</summary>
    public bool Add(IPAddress? address)
    {
        lock (_gate)
        {
            var source = Source(address);
            if (!_counts.ContainsKey(source) && _counts.Count >= MostAddresses) source = MakeRoom() ? source : IPAddress.None;
            var known = _counts.GetValueOrDefault(source);
            if (known.Count == 0 || IsOver(known.Since)) known = (0, time.GetTimestamp());
            _counts[source] = (Math.Min(known.Count + 1, most + 1), known.Since);
            return known.Count < most;
        }
    }

    /// <summary>
    /// Who an address stands for: IPv4 also where it is written as IPv6, and the network of an IPv6 address, in which a machine may have
    /// any.
    /// </summary>
    public static IPAddress Source(IPAddress? address)
    {
        if (address is null) return IPAddress.None;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private bool IsOver(long since) => time.GetElapsedTime(since) >= window;

    private bool MakeRoom()
    {
        foreach (var (address, known) in _counts)
        {
            if (IsOver(known.Since)) _counts.Remove(address);
        }

        return _counts.Count < MostAddresses;
    }
}
