namespace DistZO.Cli.Tests.Commands;

public sealed class HealthTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Worker_ThatTouchedItsFileOfLate_IsWell()
    {
        File.WriteAllBytes(_folder["health"], []);
        Assert.Equal(0, Distzo.Run("health", "--file", _folder["health"]).ExitCode);
    }

    [Fact]
    public void Worker_ThatDidNotTouchItsFileForLong_IsStuck()
    {
        File.WriteAllBytes(_folder["health"], []);
        File.SetLastWriteTimeUtc(_folder["health"], DateTime.UtcNow.AddMinutes(-11));
        var ran = Distzo.Run("health", "--file", _folder["health"]);
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("the worker is stuck", ran.Error, StringComparison.Ordinal);
        Assert.Equal(0, Distzo.Run("health", "--file", _folder["health"], "--max-age", "900").ExitCode);
    }

    [Fact]
    public void Worker_ThatHasNoFileYet_IsNotWell() => Assert.Equal(1, Distzo.Run("health", "--file", _folder["health"]).ExitCode);

    [Fact]
    public void Coordinator_ThatIsNotThere_IsNotWell()
    {
        var ran = Distzo.Run("health", "http://127.0.0.1:1");
        Assert.Equal(1, ran.ExitCode);
        Assert.Contains("127.0.0.1:1 cannot be reached", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Address_ThatIsNone_IsBadInput() => Assert.Equal(2, Distzo.Run("health", "coordinator").ExitCode);
}
