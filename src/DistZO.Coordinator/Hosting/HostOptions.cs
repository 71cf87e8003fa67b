using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace DistZO.Coordinator;

/// <summary>Where a coordinator listens, and whom it lets in.</summary>
public sealed record HostOptions
{
    /// <summary>For workers: gRPC. Port 0 picks a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>For people: REST and the dashboard; null for none.</summary>
    public IPEndPoint? Http { get; init; }

    /// <summary>What workers and those who change something must bring; null for nothing.</summary>
    public string? Token { get; init; }

    /// <summary>Without a token: whether the pages are for whoever reaches them, under any name, and not for this machine alone.</summary>
    public bool IsOpen { get; init; }

    /// <summary>What <c>/metrics</c> shows; the caller owns it.</summary>
    public RunMeter? Meter { get; init; }

    /// <summary>The coordinator's own certificate with its key; null for no TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Between the certificate and its authority, to be sent along; null for none.</summary>
    public X509Certificate2Collection? Intermediates { get; init; }

    /// <summary>Who signs the certificates that workers must show; null to ask for none.</summary>
    public X509Certificate2Collection? ClientAuthorities { get; init; }

    /// <summary>Connections at one time, over both ports.</summary>
    public int MaxConnections { get; init; } = 4096;

    /// <summary>Of these, for one address, or one network of IPv6.</summary>
    public int MaxConnectionsPerAddress { get; init; } = 1024;

    /// <summary>The clock of the limits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
