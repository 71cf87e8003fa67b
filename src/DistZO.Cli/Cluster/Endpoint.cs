using System.Globalization;
using System.Net;
using System.Net.Sockets;
using DistZO.Devices;

namespace DistZO.Cli.Cluster;

/// <summary>An address on the command line: <c>HOST:PORT</c>, <c>[IPV6]:PORT</c>, or <c>HOST</c> alone.</summary>
internal sealed record Endpoint(string Host, int Port)
{
    /// <summary>The port that workers find their coordinator at; torchrun's rendezvous has the same.</summary>
    public const int DefaultPort = 29400;

    /// <summary>Reads an address. Throws <see cref="BadInputException"/> naming the option.</summary>
    public static Endpoint Parse(string text, string option, int defaultPort)
    {
        var colon = text.LastIndexOf(':');
        var hasPort = colon >= 0 && !text.EndsWith(']') && (text.StartsWith('[') || text.IndexOf(':') == colon);
        var host = (hasPort ? text[..colon] : text).Trim('[', ']');
        var port = defaultPort;
        if (hasPort && (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > IPEndPoint.MaxPort))
            throw new BadInputException($"{option}: '{text[(colon + 1)..]}' is not a port; give HOST:PORT, such as 127.0.0.1:{defaultPort}");
        if (host.Length == 0 || text.StartsWith('[') != text.Contains(']')) throw new BadInputException($"{option}: '{text}' names no host; give HOST:PORT, such as 127.0.0.1:{defaultPort}");
        return new Endpoint(host, port);
    }

    /// <summary>The address to listen on. Throws <see cref="BadInputException"/> if this machine has none of that name.</summary>
    public IPEndPoint Resolve(string option)
    {
        if (IPAddress.TryParse(Host, out var address)) return new IPEndPoint(address, Port);
        if (Host == "*") return new IPEndPoint(IPAddress.Any, Port);
        try
        {
            var found = Dns.GetHostAddresses(Host);
            return new IPEndPoint(found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0], Port);
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IndexOutOfRangeException)
        {
            throw new BadInputException($"{option}: there is no address for '{Host}' ({e.Message})", e);
        }
    }

    /// <summary>As a URL's authority.</summary>
    public override string ToString() => $"{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port.ToString(CultureInfo.InvariantCulture)}";
}
