using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DistZO.Coordinator;

/// <summary>Why a request fails, and what to do instead: the body is RFC 9457's problem details.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Title">What is wrong.</param>
/// <param name="Detail">How to put it right.</param>
internal sealed record Problem(int Status, string Title, string Detail)
{
    public static Problem BadParameter(string title, string detail) => new(StatusCodes.Status400BadRequest, title, detail);

    public ProblemHttpResult ToResult() => TypedResults.Problem(Detail, statusCode: Status, title: Title);
}
