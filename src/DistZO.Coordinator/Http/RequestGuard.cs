using System.Net;
using Microsoft.AspNetCore.Http;

namespace DistZO.Coordinator;

/// <summary>
/// Who may call what. Reading is open to whoever reaches the port; changing needs the token, if there is one. A browser is no way
/// around it: pages of other sites may not change anything (cross-site request forgery), and without a token they may not read either
/// under a name that they resolve to loopback (DNS rebinding).
/// </summary>
internal sealed class RequestGuard
{
    private readonly SharedToken? _token;
    private readonly bool _anyHost;

    /// <param name="token">What changes need; null for nothing.</param>
    /// <param name="anyHost">Whether a request may name any host, without a token too.</param>
    public RequestGuard(string? token, bool anyHost)
    {
        if (token is { Length: 0 }) throw new ArgumentException("an empty token protects nothing", nameof(token));
        (_token, _anyHost) = (token is null ? null : new SharedToken(token), anyHost);
    }

    /// <summary>What is wrong with a request for anything; null if nothing is.</summary>
    public Problem? Check(HttpRequest request)
    {
        if (_token is not null || _anyHost || IsLoopback(request.Host.Host)) return null;
        return new Problem(
            StatusCodes.Status403Forbidden,
            $"host '{request.Host.Host}' is not served",
            "Without a token only loopback names and addresses are; use http://localhost, or start the coordinator with a token.");
    }

    /// <summary>What is wrong with a request to change something; null if nothing is.</summary>
    public Problem? CheckChange(HttpRequest request)
    {
        if (IsCrossSite(request))
        {
            return new Problem(
                StatusCodes.Status403Forbidden, "the request comes from another site", "Send it from the dashboard, or without a browser.");
        }

        if (_token is null) return null;
        var given = request.Headers.Authorization.ToString();
        if (_token.IsIn(given)) return null;
        request.HttpContext.Response.Headers.WWWAuthenticate = "Bearer realm=\"distzo\"";
        return new Problem(
            StatusCodes.Status401Unauthorized,
            SharedToken.Of(given) is null ? "a token is needed" : "the token is wrong",
            "Send the header 'Authorization: Bearer TOKEN' with the token that the coordinator was started with.");
    }

    // Browsers say where a request comes from, and pages cannot forge it. Over plain http from another machine they send Origin alone.
    private static bool IsCrossSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0) return site is not ("same-origin" or "none");
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0) return false;
        return !Uri.TryCreate(origin, UriKind.Absolute, out var from)
            || !string.Equals(from.Authority, WithoutDefaultPort(request.Host, from.Scheme), StringComparison.OrdinalIgnoreCase);
    }

    private static string WithoutDefaultPort(HostString host, string scheme) =>
        host.Port is { } port && port == (scheme == "https" ? 443 : 80) ? host.Host : host.Value ?? "";

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
