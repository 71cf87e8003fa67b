using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace DistZO.Cli.Tests.Cluster;

/// <summary>A certificate authority with an intermediate, and PEM files of what it signs.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    /// <summary>The authority's time lies around that of all certificates.</summary>
    private static readonly DateTimeOffset From = DateTimeOffset.UtcNow.AddDays(-5);

    private static readonly DateTimeOffset Recently = DateTimeOffset.UtcNow.AddHours(-1);

    private readonly string _folder;
    private readonly X509Certificate2 _root;
    private readonly X509Certificate2 _intermediate;

    public TestAuthority(string folder, string name)
    {
        _folder = Path.Combine(folder, name);
        Directory.CreateDirectory(_folder);
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _root = Request($"{name} root", rootKey, isAuthority: true).CreateSelfSigned(From, From.AddDays(11));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signed = Request($"{name} intermediate", key, isAuthority: true).Create(_root, From, From.AddDays(10), [1, 2, 3]);
        _intermediate = signed.CopyWithPrivateKey(key);
        File.WriteAllText(Authorities, _root.ExportCertificatePem());
    }

    /// <summary>The root alone: whoever is asked to believe it must be shown the rest.</summary>
    public string Authorities => Path.Combine(_folder, "ca.pem");

    /// <summary>Flags with a chain and its key for a coordinator on the loopback.</summary>
    /// <param name="shift">Later than now by so much is the day in which it is valid.</param>
    public string[] Server(TimeSpan shift = default) => Flags($"server{shift.Days}", ForServers, shift);

    /// <summary>The same for a worker.</summary>
    public string[] Client(TimeSpan shift = default) => Flags($"client{shift.Days}", ForClients, shift);

    public void Dispose()
    {
        _root.Dispose();
        _intermediate.Dispose();
    }

    private string[] Flags(string name, string purpose, TimeSpan shift)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = Request(name, key, isAuthority: false);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_intermediate, Recently + shift, Recently.AddDays(1) + shift, RandomNumberGenerator.GetBytes(8));
        var (chain, secret) = (Path.Combine(_folder, $"{name}.pem"), Path.Combine(_folder, $"{name}.key"));
        File.WriteAllText(chain, $"{signed.ExportCertificatePem()}\n{_intermediate.ExportCertificatePem()}\n");
        File.WriteAllText(secret, key.ExportPkcs8PrivateKeyPem());
        return ["--tls-cert", chain, "--tls-key", secret];
    }

    private static CertificateRequest Request(string name, ECDsa key, bool isAuthority)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        return request;
    }
}
