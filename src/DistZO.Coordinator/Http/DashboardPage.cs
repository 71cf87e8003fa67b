using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Coordinator;

/// <summary>
/// The dashboard at <c>/</c>: one page that needs nothing from anywhere else. Its parts are resources, put together at start. Its content
/// security policy allows exactly this style and this script, by their hashes, and requests to nobody but us.
/// </summary>
internal static class DashboardPage
{
    /// <summary>In the order in which they are run.</summary>
    private static readonly string[] Scripts =
        ["format.js", "data.js", "colors.js", "chart.js", "grid.js", "workers.js", "page.js", "control.js", "start.js"];

    private static readonly Lazy<(byte[] Page, string Policy)> Made = new(Make);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/", (HttpResponse response) =>
    {
        var (page, policy) = Made.Value;
        response.Headers.ContentSecurityPolicy = policy;
        response.Headers.XFrameOptions = "DENY";
        return TypedResults.Bytes(page, "text/html; charset=utf-8");
    }).ExcludeFromDescription();

    private static (byte[] Page, string Policy) Make()
    {
        var style = Resource("style.css");
        var script = "'use strict';\n(() => {\n" + string.Concat(Scripts.Select(Resource)) + "})();\n";
        var page = Resource("page.html").Replace("{{style}}", style).Replace("{{script}}", script);
        var policy = $"default-src 'none'; script-src {Hash(script)}; style-src {Hash(style)}; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return (Encoding.UTF8.GetBytes(page), policy);
    }

    private static string Hash(string text) => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";

    private static string Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("dashboard/" + name)
            ?? throw new InvalidOperationException($"the dashboard's {name} was not built in");
        using var reader = new StreamReader(stream);
        // The hash of the policy is that of the text with line feeds, which is what browsers see.
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
