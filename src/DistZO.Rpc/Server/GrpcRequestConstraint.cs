using DistZO.Rpc.Framing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace DistZO.Rpc.Server;

/// <summary>Lets a route match gRPC calls only: the answer to unknown methods must not catch what other endpoints serve.</summary>
internal sealed class GrpcRequestConstraint : IRouteConstraint
{
    public const string Name = "grpc-request";

    public bool Match(
        HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && WireNames.IsGrpc(httpContext.Request.ContentType);
}
