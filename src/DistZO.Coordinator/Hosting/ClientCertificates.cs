using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace DistZO.Coordinator;

/// <summary>
/// Judges the certificates of workers. The handshake takes any, and so does one without: a connection that is cut there looks to the
/// worker like a coordinator that is not up, and it would try again for ever; a call that is refused tells it why.
/// </summary>
/// <param name="authorities">Who must have signed them.</param>
internal sealed class ClientCertificates(X509Certificate2Collection authorities)
{
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    /// <summary>Hashes of those that are good; strangers add nothing.</summary>
    private readonly ConcurrentDictionary<string, bool> _good = new();

    /// <summary>Judges the certificate of a new connection, with what was sent along.</summary>
    public bool Judge(X509Certificate2 certificate, X509Chain? sent)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // A server's certificate of the same authority does not make its holder a worker.
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ForClients));
        if (chain.Build(certificate)) _good[Hash(certificate)] = true;
        else _good.TryRemove(Hash(certificate), out _);
        return true;
    }

    /// <summary>Whether a request's connection showed a good one.</summary>
    public bool Admits(HttpContext context) => context.Connection.ClientCertificate is { } certificate && _good.ContainsKey(Hash(certificate));

    private static string Hash(X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);
}
