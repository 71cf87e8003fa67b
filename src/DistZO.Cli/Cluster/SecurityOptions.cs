using System.CommandLine;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DistZO.Devices;
using DistZO.Rpc;

namespace DistZO.Cli.Cluster;

/// <summary>Who may talk to whom: the shared token and the certificates, for coordinators and workers alike.</summary>
internal sealed class SecurityOptions
{
    /// <summary>Holds the token itself.</summary>
    public const string TokenVariable = "DISTZO_TOKEN";

    /// <summary>Names a file that holds it.</summary>
    public const string TokenFileVariable = "DISTZO_TOKEN_FILE";

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = $"file with the token that coordinator and workers share (or {TokenVariable}, {TokenFileVariable})",
        HelpName = "FILE",
    };

    private readonly Option<string?> _certificate;
    private readonly Option<string?> _key;
    private readonly Option<string?> _authorities;

    /// <param name="command">Gets the options.</param>
    /// <param name="isServer">Whether the certificate is needed for TLS, or only where the other side asks for one.</param>
    public SecurityOptions(Command command, bool isServer)
    {
        _certificate = new("--tls-cert")
        {
            Description = isServer ? "certificate chain in PEM; switches TLS on" : "certificate to show to the coordinator, in PEM",
            HelpName = "FILE",
        };
        _key = new("--tls-key") { Description = "its private key, in PEM", HelpName = "FILE" };
        _authorities = new("--tls-ca")
        {
            Description = isServer
                ? "authorities in PEM; workers must show a certificate of theirs"
                : "authorities in PEM that the coordinator's certificate must be of; switches TLS on",
            HelpName = "FILE",
        };
        command.Options.Add(_tokenFile);
        command.Options.Add(_certificate);
        command.Options.Add(_key);
        command.Options.Add(_authorities);
    }

    /// <summary>The token; null if none is given.</summary>
    public string? Token(ParseResult parsed)
    {
        var file = parsed.GetValue(_tokenFile);
        var variable = Environment.GetEnvironmentVariable(TokenVariable);
        if (file is null && !string.IsNullOrEmpty(variable)) return variable;
        file ??= Environment.GetEnvironmentVariable(TokenFileVariable);
        if (string.IsNullOrEmpty(file)) return null;
        var token = Read(file, "--token-file").Trim();
        return token.Length > 0 ? token : throw new BadInputException($"--token-file: '{file}' is empty; put a long random word in it");
    }

    /// <summary>The certificate with its key; null if none is given.</summary>
    public X509Certificate2? Certificate(ParseResult parsed)
    {
        var (certificate, key) = (parsed.GetValue(_certificate), parsed.GetValue(_key));
        if (certificate is null && key is null) return null;
        if (certificate is null || key is null) throw new BadInputException("--tls-cert and --tls-key belong together; give both");
        Read(certificate, "--tls-cert");
        Read(key, "--tls-key");
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
            // Through PKCS #12, or the key would not be usable for TLS everywhere.
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new BadInputException($"--tls-cert: '{certificate}' and '{key}' are not a certificate and its key in PEM ({e.Message})", e);
        }
    }

    /// <summary>What stands behind the certificate in its file, up to its authority; null for nothing.</summary>
    public X509Certificate2Collection? Intermediates(ParseResult parsed)
    {
        if (parsed.GetValue(_certificate) is not { } file) return null;
        var found = new X509Certificate2Collection();
        found.ImportFromPem(Read(file, "--tls-cert"));
        if (found.Count < 2) return null;
        found.RemoveAt(0);
        return found;
    }

    /// <summary>The authorities; null if none are given.</summary>
    public X509Certificate2Collection? Authorities(ParseResult parsed)
    {
        if (parsed.GetValue(_authorities) is not { } file) return null;
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPem(Read(file, "--tls-ca"));
        }
        catch (CryptographicException e)
        {
            throw new BadInputException($"--tls-ca: '{file}' is not PEM ({e.Message})", e);
        }

        return found.Count > 0 ? found : throw new BadInputException($"--tls-ca: '{file}' holds no certificate");
    }

    /// <summary>A handler for connections to a coordinator, and whether they use TLS.</summary>
    public SocketsHttpHandler Handler(ParseResult parsed, out bool usesTls)
    {
        var (authorities, certificate) = (Authorities(parsed), Certificate(parsed));
        usesTls = authorities is not null || certificate is not null;
        // Dead machines send no goodbye: pings notice them.
        var handler = RpcHandler.Create(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(10));
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificateContext = certificate is null ? null : SslStreamCertificateContext.Create(certificate, Intermediates(parsed), offline: true),
            CertificateChainPolicy = authorities is null ? null : Policy(authorities),
        };
        return handler;
    }

    private static X509ChainPolicy Policy(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private static string Read(string file, string option)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{option}: cannot read '{file}' ({e.Message.TrimEnd('.')})", e);
        }
    }
}
