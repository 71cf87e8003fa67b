namespace DistZO.Cli.Tests.Cluster;

/// <summary>The user's own certificates, on both sides.</summary>
[Collection("processes")]
public sealed class TlsTests : IDisposable
{
    private readonly TinyCluster _cluster = new();
    private readonly TestAuthority _ours;
    private readonly TestAuthority _theirs;

    public TlsTests() => (_ours, _theirs) = (new TestAuthority(_cluster.Tiny["."], "ours"), new TestAuthority(_cluster.Tiny["."], "theirs"));

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
        _cluster.Dispose();
    }

    [Fact]
    public void Run_OverTls_IsForThoseWhoBelieveTheAuthority()
    {
        _cluster.StartCoordinator("ledger", 5, [.. _ours.Server(), "--linger", "600"]);
        var problem = _cluster.Worker("--tls-ca", _theirs.Authorities).Problem(ExitCodes.BadInput);
        Assert.Contains("no secure connection", problem);
        Assert.Contains("--tls-ca", problem);
        Assert.All(
            Enumerable.Range(0, 20).Select(_ => _cluster.Worker("--patience", "0").Problem(ExitCodes.Failed)),
            refusal => Assert.True(refusal.Contains("--tls-ca", StringComparison.Ordinal), refusal));
        _cluster.Worker("--tls-ca", _ours.Authorities).Done();
        Assert.StartsWith("https://", _cluster.Http);
        Assert.Contains("step 5 of 5", Commands.Distzo.Run("status", _cluster.Http, "--tls-ca", _ours.Authorities).Done());
    }

    [Fact]
    public void Worker_OfACoordinatorWithoutTls_IsToldSo()
    {
        _cluster.StartCoordinator("ledger", 5);
        Assert.Contains("it does not answer in TLS", _cluster.Worker("--tls-ca", _ours.Authorities, "--patience", "0").Problem(ExitCodes.Failed));
    }

    [Fact]
    public void Run_OverMutualTls_IsForThoseWithACertificate()
    {
        _cluster.StartCoordinator("ledger", 5, [.. _ours.Server(), "--tls-ca", _ours.Authorities]);
        string[] believes = ["--tls-ca", _ours.Authorities];
        Assert.Contains("--tls-cert", _cluster.Worker(believes).Problem(ExitCodes.BadInput));
        Assert.Contains("--tls-cert", _cluster.Worker([.. believes, .. _theirs.Client()]).Problem(ExitCodes.BadInput));
        // A server of the same authority is no worker.
        Assert.Contains("--tls-cert", _cluster.Worker([.. believes, .. _ours.Server()]).Problem(ExitCodes.BadInput));
        _cluster.Worker([.. believes, .. _ours.Client()]).Done();
        _cluster.Coordinator.Done();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void Certificate_OfAnotherTime_NamesTheClock(int days)
    {
        var shift = TimeSpan.FromDays(days);
        _cluster.StartCoordinator("ledger", 5, [.. _ours.Server(shift), "--linger", "600"]);
        var problem = _cluster.Worker("--tls-ca", _ours.Authorities).Problem(ExitCodes.BadInput);
        Assert.Matches(@"not valid yet or has expired, by this machine's clock \(\d{4}-\d\d-\d\d \d\d:\d\d UTC\)", problem);
        Assert.DoesNotContain("--tls-ca", problem);
        _cluster.Coordinator.Kill();
        _cluster.StartCoordinator("other", 5, [.. _ours.Server(), "--tls-ca", _ours.Authorities]);
        problem = _cluster.Worker(["--tls-ca", _ours.Authorities, .. _ours.Client(shift)]).Problem(ExitCodes.BadInput);
        Assert.Matches(@"valid now, \d{4}-\d\d-\d\d \d\d:\d\d UTC by its clock", problem);
        Assert.Contains("--tls-cert", problem);
    }

    [Fact]
    public void Options_ThatDoNotFit_AreRefused()
    {
        var (server, other) = (_ours.Server(), _theirs.Server());
        Refused("belong together", server[..2]);
        Refused("needs TLS", "--tls-ca", _ours.Authorities);
        Refused("cannot read", "--tls-cert", "/none", "--tls-key", server[3]);
        Refused("not a certificate and its key", "--tls-cert", server[1], "--tls-key", other[3]);
        Refused("holds no certificate", [.. server, "--tls-ca", server[3]]);

        void Refused(string reason, params string[] more) => Assert.Contains(
            reason, Commands.Distzo.Run([.. _cluster.CoordinatorArguments("ledger", 5, more)]).Problem(ExitCodes.BadInput));
    }
}
