using System.Security.Cryptography;
using System.Text;

namespace DistZO.Coordinator;

/// <summary>
/// The token that workers and users share with a coordinator. Hashes are compared, in constant time: they have one length, so the time
/// that a comparison takes tells nothing, not even the token's length.
/// </summary>
public sealed class SharedToken
{
    private const string Scheme = "Bearer ";
    private readonly byte[] _hash;

    /// <param name="token">Not empty: that would protect nothing.</param>
    public SharedToken(string token)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        _hash = Hash(token);
    }

    /// <summary>The token of an <c>Authorization</c> header; null if it has none.</summary>
    public static string? Of(string authorization) =>
        authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..].Trim() : null;

    /// <summary>Whether an <c>Authorization</c> header brings the token.</summary>
    public bool IsIn(string authorization) => Of(authorization) is { } token && CryptographicOperations.FixedTimeEquals(Hash(token), _hash);

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
