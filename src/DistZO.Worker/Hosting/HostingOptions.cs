namespace DistZO.Worker;

/// <summary>Where a worker's coordinator is, and how to get in.</summary>
public sealed record HostingOptions
{
    /// <summary>As <c>http://host:port</c>, or <c>https://…</c> with TLS.</summary>
    public required Uri Address { get; init; }

    /// <summary>The shared token; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>Carries the connection, with certificates and keep-alive set; owned from here on.</summary>
    public required HttpMessageHandler Handler { get; init; }

    /// <summary>How long a coordinator that cannot be reached is tried again.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Is touched while the worker lives; null for none.</summary>
    public HealthFile? Health { get; init; }
}
