using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace DistZO.Coordinator;

/// <summary>
/// The first thing that a new connection meets: it marks which port it came to, and keeps one address from taking all connections that
/// there may be.
/// </summary>
/// <param name="mostPerAddress">Connections of one address at a time.</param>
internal sealed class ConnectionGate(int mostPerAddress)
{
    private static readonly object ForWorkers = new();

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, int> _open = [];

    /// <summary>Whether a request came to the port for workers.</summary>
    public static bool IsForWorkers(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(ForWorkers) == true;

    /// <summary>Serves a connection to its end, or closes it at once.</summary>
    public async Task Serve(ConnectionContext connection, ConnectionDelegate next, bool isForWorkers)
    {
        var source = AddressLimit.Source((connection.RemoteEndPoint as IPEndPoint)?.Address);
        if (!Enter(source))
        {
            connection.Abort(new ConnectionAbortedException("too many connections from one address"));
            return;
        }

        try
        {
            if (isForWorkers) connection.Items[ForWorkers] = true;
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Leave(source);
        }
    }

    private bool Enter(IPAddress source)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(source);
            if (open >= mostPerAddress) return false;
            _open[source] = open + 1;
            return true;
        }
    }

    private void Leave(IPAddress source)
    {
        lock (_gate)
        {
            if (_open[source] == 1) _open.Remove(source);
            else _open[source]--;
        }
    }
}
