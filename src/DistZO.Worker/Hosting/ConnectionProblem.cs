using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;

namespace DistZO.Worker;

/// <summary>What a connection failed of, in words that name the option to change.</summary>
/// <param name="Message">For people.</param>
/// <param name="IsFinal">Whether trying again fails the same way.</param>
internal sealed record ConnectionProblem(string Message, bool IsFinal)
{
    /// <summary>Reads a failure of the transport; null if it is nothing special, such as a coordinator that is not there.</summary>
    /// <param name="problem">What was thrown.</param>
    /// <param name="address">Where the worker connects.</param>
    /// <param name="now">This machine's clock.</param>
    /// <param name="wasThere">Whether a coordinator has answered there: one that goes away resets its connections.</param>
    public static ConnectionProblem? Of(Exception? problem, Uri address, DateTimeOffset now, bool wasThere)
    {
        var usesTls = address.Scheme == Uri.UriSchemeHttps;
        for (var at = problem; at is not null; at = at.InnerException)
        {
            switch (at)
            {
                // The other side's alert comes inside of other exceptions, on the handshake or on the first read, by TLS version.
                case Exception alert when usesTls && alert.Message.Contains("alert certificate required", StringComparison.Ordinal):
                    return new ConnectionProblem("it asks for a certificate; give one with --tls-cert and --tls-key", true);
                case Exception alert when usesTls && IsAlert(alert.Message):
                    return new ConnectionProblem("it does not take this worker's certificate; give one of its authority with --tls-cert and --tls-key", true);
                case AuthenticationException when at.Message.Contains("NotTimeValid", StringComparison.Ordinal):
                    return new ConnectionProblem(
                        string.Create(CultureInfo.InvariantCulture, $"its certificate is not valid yet or has expired, by this machine's clock ({now.UtcDateTime:yyyy-MM-dd HH:mm} UTC); if that is right, renew the coordinator's --tls-cert"), true);
                case AuthenticationException when at.Message.Contains("remote certificate", StringComparison.Ordinal):
                    return new ConnectionProblem($"{at.Message.TrimEnd('.')}; --tls-ca names the authorities to believe", true);
                case AuthenticationException when at.Message.Contains("frame size", StringComparison.Ordinal):
                    return new ConnectionProblem("it does not answer in TLS; is the port right, and does it have --tls-cert? otherwise leave out --tls-ca", false);
                case HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }:
                    if (at.InnerException is AuthenticationException) continue;
                    return new ConnectionProblem($"{Inner(at)}; does it use TLS, and is the port the right one?", false);
                case HttpRequestException
                {
                    HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.ResponseEnded,
                } when !usesTls:
                // A reset may come before the answer, which is lost then: the connection was there, and ended before the other side greeted.
                case Exception when !usesTls && !wasThere && at.Message.Contains("HTTP/2 handshake", StringComparison.Ordinal):
                case HttpRequestException { HttpRequestError: HttpRequestError.Unknown, InnerException: IOException } when !usesTls && !wasThere:
                case SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown } when !usesTls && !wasThere:
                    return new ConnectionProblem("it does not answer as a coordinator; is the port right, and does it use TLS? then give --tls-ca", false);
            }
        }

        return null;
    }

    private static bool IsAlert(string message) =>
        message.Contains("alert unknown ca", StringComparison.Ordinal)
        || message.Contains("alert bad certificate", StringComparison.Ordinal)
        || message.Contains("alert certificate", StringComparison.Ordinal);

    private static string Inner(Exception problem)
    {
        while (problem.InnerException is { } inner) problem = inner;
        return problem.Message.TrimEnd('.');
    }
}
